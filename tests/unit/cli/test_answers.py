"""What commands print as JSON, and the advice for errors from AWS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as aws
from typer.testing import CliRunner

import imagebus_local
from imagebus.testing.errors import client_error
from imagebus_cli import main
from imagebus_cli.demo import run as demo
from imagebus_cli.measure import cost
from imagebus_cli.output import terminal
from imagebus_cli.output.writer import Output
from imagebus_cli.problem import explain
from imagebus_cli.stack import find as where
from imagebus_cli.stack import preflight
from imagebus_cli.stack.deployed import Stack
from imagebus_local import ports, sam
from imagebus_local.stack import Status
from imagebus_local.state import LocalState
from tests.unit.cli.builders import result
from tests.unit.cli.test_images import known, stack
from tests.unit.cli.test_load import load_run
from tools.contracts import gate

__all__ = ["stack"]


def answer(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(main.app, [*arguments, "--json"])
    assert done.exit_code == code, done.exception
    return json.loads(done.stdout)


@pytest.mark.parametrize("was_up", [True, False])
def test_taking_the_local_stack_down_says_whether_there_was_one(
    monkeypatch: pytest.MonkeyPatch, was_up: bool
):
    monkeypatch.setattr(imagebus_local, "down", lambda: was_up)
    assert answer("local", "down") == {"state": "down", "was_up": was_up}


def test_the_environment_of_the_local_stack_comes_as_an_object(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(imagebus_local, "env", lambda: {"AWS_REGION": "eu-west-1"})
    assert answer("local", "env") == {"AWS_REGION": "eu-west-1"}


def test_a_broken_contract_is_named_and_fails(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "problems", lambda _: [])
    assert answer("schemas", "check") == {"ok": True, "problems": []}
    monkeypatch.setattr(gate, "problems", lambda _: ["a field went"])
    for command in ("check", "release"):
        assert answer("schemas", command, code=1) == {"ok": False, "problems": ["a field went"]}
        assert "a field went" in CliRunner().invoke(main.app, ["schemas", command]).stderr


def test_a_cost_comes_with_its_components_and_the_region_of_its_prices(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    known(stack, "a.jpg")
    monkeypatch.setattr(type(stack.table), "image_keys", lambda _: iter(["a.jpg"]))
    monkeypatch.setattr(cost, "used", lambda *_: cost.Used(7, 15, 0.5, 9000, 5000, 4_000_000, 1000, 5, 5, 0))
    document = answer("cost", "--prices", "eu-west-1", "--per", "10")
    assert document["prices"]["region"] == "eu-west-1"
    assert (document["images_seen"], document["images"]["number"]) == (1, 10)
    priced = document["images"]
    assert priced["usd"] == pytest.approx(sum(each["usd"] for each in priced["components"]))
    assert document["idle_month"]["usd"] > 0


def test_a_demonstration_says_how_each_image_ended_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    def run(*_: object, **__: object) -> list[object]:
        terminal.console.print("on the way")
        return [result(), result("b.jpg", "failed")]

    monkeypatch.setattr(demo, "run", run)
    document = answer("demo", code=1)
    assert document["ok"] is False
    assert [(each["image_key"], each["status"]) for each in document["images"]] == [
        ("a.jpg", "completed"),
        ("b.jpg", "failed"),
    ]
    assert CliRunner().invoke(main.app, ["demo"]).stdout.startswith("on the way")


def test_a_load_run_is_told_in_numbers():
    from imagebus_cli.measure.load_report import document

    told = json.loads(json.dumps(document(load_run(stuck=1))))
    assert (told["clean"], told["stuck"], told["seconds"]["p99"]) == (False, 1, 10.0)


def test_a_new_consumer_names_its_files(tmp_path: Path):
    document = answer("new-consumer", "counter", "--on", "ImageProcessed", "--into", str(tmp_path))
    assert document["listens_to"] == ["ImageProcessed"]
    assert all(Path(name).is_file() for name in document["files"])
    assert document["folder"] == str(tmp_path / "counter")


def test_a_deploy_goes_where_profile_and_region_say_even_when_there_are_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    seen: dict[str, str] = {}

    def build(*_: object, **__: object) -> Path:
        seen.update(os.environ)
        return Path("built.yml")

    monkeypatch.setattr(sam, "build_for_lambda", build)
    monkeypatch.setattr(sam, "change_set", lambda *_, **__: None)
    monkeypatch.setattr(preflight, "check", lambda *_, **__: preflight.Report())
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    names = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION")
    for name in (*names, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "before")
    config = tmp_path / "config"
    config.write_text("[profile p]\naws_access_key_id = k\naws_secret_access_key = s\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    document = answer("deploy", "--yes", "--profile", "p", "--region", "r")
    assert document == {"ok": True, "findings": [], "settings": {}, "stack": "imagebus", "changes": {}}
    assert [seen.get(name) for name in names] == [None, "p", "r", "r"]


def test_a_key_with_a_line_break_stays_one_line(capsys: pytest.CaptureFixture[str]):
    Output(as_json=False).write({}, "a\nb: deleted", "more")
    assert capsys.readouterr().out.splitlines() == ["a\\u000ab: deleted", "more"]


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (aws.ProfileNotFound(profile="p"), "list-profiles"),
        (aws.NoRegionError(), "--region"),
        (aws.NoCredentialsError(), "aws sso login"),
        (aws.UnauthorizedSSOTokenError(), "aws sso login"),
        (aws.ConnectTimeoutError(endpoint_url="http://x"), "imagebus local status"),
        (client_error("ValidationError", "DescribeStacks"), "--stack"),
        (client_error("ExpiredToken", "DescribeStacks"), "aws sso login"),
        (client_error("AccessDenied", "GetObject"), "permission"),
    ],
)
def test_what_aws_says_comes_with_what_to_do(error: Exception, advice: str):
    problem = explain(error)
    assert problem is not None
    assert advice in problem.advice
    assert problem.exit_code == 3


def test_of_the_local_stack_a_missing_one_is_exit_code_3(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(imagebus_local, "status", lambda: imagebus_local.Status("down"))
    with pytest.raises(Exception, match="not running") as raised:
        where.find(None)
    problem = explain(raised.value)  # type: ignore[arg-type]
    assert problem is not None
    assert (problem.exit_code, "imagebus local up" in problem.advice) == (3, True)


def test_a_local_stack_takes_the_next_port_if_the_usual_one_is_busy(monkeypatch: pytest.MonkeyPatch):
    started: list[int | None] = []

    def start(port: int | None, **options: object) -> object:
        started.append(port)
        return LocalState("http://x", "eu-west-1", 1, {}, None, None, "imagebus", port or 4566, "")

    monkeypatch.setattr(imagebus_local, "up", start)
    monkeypatch.setattr(ports, "suggest", lambda port: port + 1)
    for state, free in (("down", True), ("down", False), ("up", False), ("starting", False)):
        monkeypatch.setattr(imagebus_local, "status", lambda state=state: Status(state))
        monkeypatch.setattr(ports, "is_free", lambda _, free=free: free)
        assert answer("local", "up")["endpoint"] == "http://x"
    answer("local", "up", "--port", "5000")
    assert started == [None, 4567, None, None, 5000]
