"""A stage is its folder, the catalog, its block of the template and its permissions: no list besides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.contract.checkout import ROOT

HANDLER = '''\
"""ImageValidated -> a log line."""

from __future__ import annotations

from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.telemetry import logger


def note(delivery: Delivery) -> None:
    logger().info("noted", extra={"event": delivery.envelope["detail-type"]})


handle = consumer(note)
'''
BLOCK = """\
  # ── curator: ImageValidated -> a log line ──

  Curator:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: consumer.yml
      Parameters:
        Name: !Sub "${AWS::StackName}_curator"
        DetailTypes: ImageValidated
        <<: *shared
  CuratorFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: services/curator
      Handler: curator.handler.handle
      Role: !GetAtt Curator.Outputs.RoleArn
      LoggingConfig: { LogGroup: !GetAtt Curator.Outputs.LogGroup }
      Environment:
        Variables:
          POWERTOOLS_SERVICE_NAME: curator
          INBOX_URL: !GetAtt Curator.Outputs.InboxUrl
          DEAD_LETTER_URL: !GetAtt Curator.Outputs.DeadLettersUrl
      Events:
        Inbox:
          Type: SQS
          Properties:
            Queue: !GetAtt Curator.Outputs.InboxArn
            <<: *batch
            ScalingConfig: { MaximumConcurrency: !Ref ConcurrencyLimit }

"""
PERMISSIONS = """
CuratorFunction:
  CuratorDeadLetters: { code: [sqs:SendMessage] }
  CuratorInbox:
    code: [sqs:ChangeMessageVisibility]
    service: [sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage]
  CuratorLogs: { service: [logs:CreateLogStream, logs:PutLogEvents] }
"""


def before(text: str, mark: str, added: str) -> str:
    head, found, tail = text.partition(mark)
    assert found, mark
    return head + added + found + tail


def add_stage(checkout: Path) -> None:
    package = checkout / "services" / "curator" / "curator"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "handler.py").write_text(HANDLER, encoding="utf-8")
    (package.parent / "requirements.txt").touch()
    catalog, template, matrix = (
        checkout / name
        for name in ("layers/core/imagebus/events/catalog.py", "template.yml", "security/matrix.yml")
    )
    stage = '    Stage("curator", ("ImageValidated",)),\n'
    catalog.write_text(before(catalog.read_text("utf-8"), '    Stage("recorder"', stage), "utf-8")
    template.write_text(before(template.read_text("utf-8"), "  # ── recorder: ", BLOCK), "utf-8")
    matrix.write_text(matrix.read_text("utf-8") + PERMISSIONS, "utf-8")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git knows, with a tenth consumer."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith(("samples/", "benchmarks/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    add_stage(copy)
    run(copy, "-m", "tools", "generate")
    return copy


def run(checkout: Path, *arguments: str) -> str:
    """Runs Python in the checkout with the checkout's own modules."""
    path = [checkout, *(checkout / name for name in ("layers/core", "layers/imaging", "cli", "local"))]
    path += sorted((checkout / "services").iterdir())
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_generated_files_need_nothing_but_make_generate(checkout: Path) -> None:
    run(checkout, "-m", "tools", "generate", "--check")
    assert "${Name}_curator_inbox" in (checkout / "monitoring" / "template.yml").read_text("utf-8")


@pytest.mark.slow
def test_the_linters_accept_it(checkout: Path) -> None:
    run(checkout, "-m", "ruff", "check", "--no-cache", "services", "layers/core", "tools")
    run(checkout, "-m", "ruff", "format", "--no-cache", "--check", "services", "layers/core")
    # What they import is checked elsewhere. Here each module must get its name without a list of paths.
    skip = ("--follow-imports", "skip", "--cache-dir", os.devnull)
    run(checkout, "-m", "mypy", *skip, "services/curator", "services/cleaner")
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    run(checkout, lint, "template.yml", "consumer.yml", "monitoring/template.yml")


@pytest.mark.slow
def test_the_tests_of_permissions_rules_alarms_and_costs_accept_it(checkout: Path) -> None:
    priced = "tests/unit/cli/test_idle.py::test_what_is_priced_is_what_the_template_has"
    tests = (
        "tests/security/test_matrix.py",
        "tests/security/test_monitoring.py",
        "tests/contract/test_rules.py",
        priced,
    )
    said = run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert " passed" in said
    assert "failed" not in said


def test_a_development_install_has_it_on_the_path(checkout: Path, tmp_path: Path) -> None:
    build = f"from hatchling.build import build_editable; print(build_editable({str(tmp_path)!r}))"
    wheel = run(checkout, "-c", build).splitlines()[-1]
    with zipfile.ZipFile(tmp_path / wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".pth")]
        lines = archive.read(name).decode().splitlines()
    assert str(checkout / "services" / "curator") in lines
