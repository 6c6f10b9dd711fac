"""The built wheel, installed with its dependencies and nothing else, away from any checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import typer
from moto import mock_aws
from packaging.requirements import Requirement

from imagebus.events.catalog import STAGE_NAMED
from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix
from imagebus.naming import rule_name
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.store import DynamoDBEventStore
from imagebus.testing import ManualClock
from imagebus_cli import main
from imagebus_cli.recipes import writing
from tests.tables import create_table
from tests.unit.cli.recipe_world import NEW, OLD
from tests.unit.core.events import FIRST, KEY, failure, processed, recorded, story

ROOT = Path(__file__).parents[2]
FAILED = "failed.jpg"
#: What S3 calls the version of an object in a bucket without versioning.
ONLY_VERSION = "null"
REGION = "eu-west-1"
STACK = ("--stack", "imagebus", "--region", REGION)
OUTPUTS = {
    "UploadsBucketName": "uploads",
    "ImagesBucketName": "images",
    "StatusTableName": "status",
    "ErasuresTableName": "erasures",
    "RecipesTableName": "recipes",
    "EventBusName": "imagebus",
    "ArchiveName": "archive",
    "InboxUrls": f"https://sqs.{REGION}.amazonaws.com/123456789012/imagebus_{{stage}}_inbox",
    "RequiredFacts": DEFAULT,
    "RecorderRuleArn": f"arn:aws:events:{REGION}:123456789012:rule/imagebus/imagebus_recorder",
}

#: Runs commands, each in a fork, so that forty of them load the largest libraries once. Nothing of imagebus
#: is loaded before the fork: whatever the wheel lacks is missing in every command.
RUNNER = """
import faulthandler, json, os, runpy, sys, traceback
import botocore.client, botocore.handlers, boto3, rich.console, typer

for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    faulthandler.enable()  # a crash says where
    assert not [name for name in sys.modules if name.startswith("imagebus")]
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in ((0, os.devnull), (1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    sys.argv, code = request["command"], 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as error:
        code = error.code or 0
    except BaseException:  # as the interpreter does it
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""

#: Commands that work on a stack on AWS, in an order in which each finds what it needs.
ON_AWS = {
    "upload": ("picture.jpg", "--json"),
    "list": ("--json",),
    "status": (KEY,),
    "events": (KEY,),
    "diff": (KEY, "--at", "2020-01-01T00:00:00Z"),
    "import": ("--dry-run",),
    "get": (KEY, "--thumbnail", "100x100", "--output", "-"),
    "cost": (),
    "rebuild": (),
    "verify": (),
    "retry": (FAILED,),
    "replay": ("--from", "7d", "--no-wait"),
    "recipe show": (),
    "recipe export": (),
    "recipe plan": ("recipes.yml",),
    "recipe backfill": ("recipes.yml", "--prefix", "none/"),
    "recipe promote": ("recipes.yml", "--yes"),
    "recipe rollback": ("--yes",),
    "recipe prune": ("--yes",),
    "delete": (KEY,),
    "erase": (KEY, "--yes"),
}
#: Commands that need no stack.
ALONE = {"recipe check": ("recipes.yml",)}
#: Commands that need the sources of the functions, or tools/.
IN_A_CHECKOUT = {
    "deploy": (),
    "demo": (),
    "latency": (),
    "load": (),
    "local up": (),
    "local down": (),
    "local status": (),
    "local env": (),
    "new-consumer": ("counter", "--on", "ImageProcessed"),
    "try-consumer": (".",),
    "contracts verify": ("a-consumer",),
    "schemas check": (),
    "schemas release": (),
    "test-consumer": (".",),
}
#: Commands that need an extra.
WITH_IMAGING = {"inspect": ("picture.jpg",), "smoke": STACK}


def commands(group: Any, *path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join([*path, name])


def test_every_command_is_tried() -> None:
    # destroy needs all of CloudFormation: tests/e2e/test_lifecycle.py
    assert {*ON_AWS, *ALONE, *IN_A_CHECKOUT, *WITH_IMAGING, "doctor", "destroy"} == set(
        commands(typer.main.get_command(main.app))
    )


def dependencies(requirements: list[str], found: set[str]) -> set[str]:
    """The installed distributions that these requirements stand for; no extras."""
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:  # for another platform
            continue
        if installed.name not in found:
            found.add(installed.name)
            dependencies(installed.requires or [], found)
    return found


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `imagebus` command of the installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    home = folder / "venv"
    venv.create(home, symlinks=True)
    install = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--python"]
    subprocess.run([*install, str(home / "bin" / "python"), str(wheel)], check=True, capture_output=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (metadata,) = packages.glob("imagebus-*.dist-info")
    for name in dependencies(Distribution.at(metadata).requires or [], set()):
        installed = distribution(name)
        for top in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(installed.locate_file(top))))
    return home / "bin" / "imagebus"


class Bridge(BaseHTTPRequestHandler):
    """Hands requests over to moto, which sees only what this process sends."""

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scope = re.search(r"Credential=\w+/\d+/([^/]+)/([^/]+)/", self.headers["Authorization"])
        assert scope is not None
        region, service = scope.groups()
        if service == "cloudformation":
            self.answer(200, {"Content-Type": "text/xml"}, described().encode())
            return
        host = f"{service}.{region}.amazonaws.com"
        headers = {**self.headers, "Host": host}
        url = f"https://{host}{self.path}"
        with requests.request(
            self.command, url, headers=headers, data=body, stream=True, timeout=30
        ) as given:
            content = b"" if self.command == "HEAD" else given.content
            self.answer(given.status_code, given.headers, content)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, each in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding"):
                self.send_header(name, each)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward  # noqa: N815 - http.server calls them so

    def log_message(self, *_: object) -> None:
        """Requests are not outcomes."""


def described() -> str:
    outputs = "".join(
        f"<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>"
        for name, value in OUTPUTS.items()
    )
    return (
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>imagebus</StackName>"
        "<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>"
        f"<Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A stack on AWS with two images, one completed and one failed."""
    with mock_aws():
        session = boto3.Session(region_name=REGION)
        s3, sqs, events = session.client("s3"), session.client("sqs"), session.client("events")
        for bucket in ("uploads", "images"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in (KEY, FAILED):
            s3.put_object(Bucket="uploads", Key=key, Body=b"original")
        s3.put_object(
            Bucket="images", Key=f"{derived_prefix(KEY, FIRST)}thumbnails/100x100.png", Body=b"small"
        )
        for stage in STAGE_NAMED:
            sqs.create_queue(QueueName=f"imagebus_{stage}_inbox")
        bus = events.create_event_bus(Name="imagebus")["EventBusArn"]
        events.create_archive(ArchiveName="archive", EventSourceArn=bus)
        events.put_rule(Name=rule_name("imagebus", "recorder"), EventBusName="imagebus", EventPattern="{}")
        dynamodb = session.client("dynamodb")
        create_table(dynamodb, "status")
        create_table(dynamodb, "erasures", "ErasuresTable")
        create_table(dynamodb, "recipes", "RecipesTable")
        recipes = DynamoDBRecipes(dynamodb, "recipes", ManualClock())
        recipes.use_default(OLD.recipes[0].recipe)
        recipes.promote(OLD, "kim")
        store = DynamoDBEventStore(dynamodb, "status")
        facts, clock = Required.parse(DEFAULT), ManualClock()
        done, lost = story(clock=clock), story(FAILED, clock=clock, version=ONLY_VERSION)[:2]
        for log in (
            [*done, processed(done, clock=clock)],
            [*lost, failure(lost[1], "thumbnailer", clock=clock)],
        ):
            records = [recorded(each) for each in log]
            for each in records:
                store.append(each)
            store.replace_status(fold(records, facts), None)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def runner(program: Path) -> Iterator[subprocess.Popen[str]]:
    python = [str(program.with_name("python")), "-P", "-c", RUNNER]
    # A PYTHONPATH of this process would bring the checkout along.
    plain = {"PATH": os.defpath}
    with subprocess.Popen(
        python, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain
    ) as running:
        yield running
        running.stdin.close()  # type: ignore[union-attr]


@pytest.fixture
def run(program: Path, runner: subprocess.Popen[str], tmp_path: Path) -> Any:
    (tmp_path / "picture.jpg").write_bytes(b"picture")
    (tmp_path / "recipes.yml").write_text(writing.text(NEW, None))

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        assert runner.stdin
        assert runner.stdout
        kept = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        request = {
            "command": [str(program), *arguments],
            "folder": str(tmp_path),
            "environment": {"PATH": os.defpath, "HOME": str(tmp_path), **kept, **environment},
        }
        runner.stdin.write(json.dumps(request) + "\n")
        runner.stdin.flush()
        code = int(runner.stdout.readline())
        done = subprocess.CompletedProcess(
            arguments, code, *((tmp_path / name).read_text() for name in ("stdout", "stderr"))
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_it_brings_nothing_but_its_own_packages(program: Path) -> None:
    (record,) = program.parent.parent.glob("lib/python*/site-packages/imagebus-*.dist-info/RECORD")
    packages = {line.split("/")[0] for line in record.read_text().splitlines() if ".dist-info" not in line}
    assert packages - {".."} == {"imagebus", "imagebus_cli", "imagebus_imaging"}


def test_it_brings_the_golden_events_that_the_test_kit_delivers(program: Path) -> None:
    (golden,) = program.parent.parent.glob("lib/python*/site-packages/imagebus/testing/kit/golden")
    originals = ROOT / "schemas" / "examples"
    assert {path.name for path in golden.iterdir()} == {path.name for path in originals.iterdir()}


def test_it_explains_itself(run: Any, program: Path) -> None:
    version = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"imagebus \d+\.\d+\.\d+\n", version.stdout)
    help_page = run("--help").stdout
    for name in commands(typer.main.get_command(main.app)):
        assert name.split()[0] in help_page


@pytest.mark.parametrize("name", ON_AWS)
def test_a_command_works_on_a_stack_on_aws(run: Any, endpoint: str, name: str) -> None:
    done = run(*name.split(), *ON_AWS[name], *STACK, AWS_ENDPOINT_URL=endpoint)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("name", ALONE)
def test_a_command_works_without_a_stack(run: Any, name: str) -> None:
    done = run(*name.split(), *ALONE[name])
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("name", ["list", "retry"])
def test_without_a_stack_it_says_how_to_name_one(run: Any, name: str) -> None:
    done = run(name, *ON_AWS[name])
    assert done.returncode == 3
    assert "--stack" in done.stderr


@pytest.mark.parametrize("name", IN_A_CHECKOUT)
def test_what_needs_a_checkout_says_so(run: Any, name: str) -> None:
    done = run(*name.split(), *IN_A_CHECKOUT[name])
    assert done.returncode == 3
    assert "checkout" in done.stderr


@pytest.mark.parametrize("name", WITH_IMAGING)
def test_what_needs_an_extra_names_it(run: Any, endpoint: str, name: str) -> None:
    done = run(name, *WITH_IMAGING[name], AWS_ENDPOINT_URL=endpoint)
    assert done.returncode == 3
    assert "pip install 'imagebus[imaging]'" in done.stderr


def test_the_doctor_needs_no_checkout(run: Any, endpoint: str) -> None:
    done = run("doctor", *STACK, "--json", AWS_ENDPOINT_URL=endpoint)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["findings"]
    # The stack has tables and queues, but no consumers: that is all that may be wrong.
    assert {each["what"] for each in found if each["verdict"] == "problem"} <= {"delivery"}
    assert any(each["what"] == "status table" for each in found)
