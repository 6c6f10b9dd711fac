"""A wait that ends without the outcome must not look like success."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from typer.testing import CliRunner

from imagebus.missed import Uploads
from imagebus_cli import main
from imagebus_cli.demo import run as demo
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.operations import rebuild as rebuilding
from imagebus_cli.operations import replay
from imagebus_cli.output import terminal
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import pruning
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import tracking
from tests.unit.cli.builders import item, upload
from tests.unit.cli.test_images import known
from tests.unit.cli.test_images import stack as images_stack
from tests.unit.cli.test_retry import KEY, failed
from tests.unit.cli.test_retry import stack as retry_stack

__all__ = ["images_stack", "retry_stack"]


def one_by_one(stack: Stack, keys: object, *_: object) -> object:
    """The in-memory table has no batches."""
    return {key: item for key in keys if (item := stack.store.status(key))}  # type: ignore[attr-defined]


def ended(*arguments: str) -> str:
    done = CliRunner().invoke(main.app, arguments)
    assert done.exit_code == 1, done.output
    assert "✓" not in done.output
    return done.output


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "statuses", one_by_one)


def test_of_a_status(images_stack: Stack):
    known(images_stack, "a.jpg", status="processing", correlation_id="c")
    assert "• processing: 1 of 1 not finished" in ended("status", "a.jpg", "--watch", "--timeout", "0")


def test_of_an_upload(images_stack: Stack, tmp_path: Path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    told = ended("upload", str(file), "--watch", "--timeout", "0")
    assert "• processing: 1 of 1 not finished, and none finished for 0 s" in told
    assert "a.jpg: not finished when the wait ended" in told


def test_of_a_retry(retry_stack: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Uploads, "why", lambda *_: "")
    retry_stack.hold(*failed(KEY))  # type: ignore[attr-defined]
    assert "• processing: 1 of 1 not finished" in ended("retry", KEY, "--watch", "--timeout", "0")


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_of_a_replay(images_stack: Stack, monkeypatch: pytest.MonkeyPatch, state: str):
    for name, answer in {"window": None, "rules": [], "archived_at": None, "start": "r"}.items():
        monkeypatch.setattr(replay, name, lambda *_, answer=answer: answer)
    span = replay.Window(*2 * (tracking.datetime.now(tracking.UTC),))
    monkeypatch.setattr(replay, "window", lambda *_: span)
    monkeypatch.setattr(replay, "with_margin", lambda *_: span)
    monkeypatch.setattr(replay, "follow", lambda *_: state)
    assert f"• replay r: {state.lower()}" in ended("replay", "--follow", "--no-wait")


def test_of_a_rebuild(images_stack: Stack, monkeypatch: pytest.MonkeyPatch):
    result = rebuilding.RebuildResult("a.jpg", "failed", "unreadable")
    monkeypatch.setattr(rebuilding, "rebuild_one", lambda *_: result)
    images_stack.outputs["RequiredFacts"] = "ThumbnailsCreated"  # type: ignore[index]
    assert "• rebuild: 1 image could not be rebuilt" in ended("rebuild", "--key", "a.jpg")


def test_of_a_prune(images_stack: Stack, monkeypatch: pytest.MonkeyPatch):
    images_stack.outputs["RecipesTableName"] = "recipes"  # type: ignore[index]
    images_stack.outputs["EventBusName"] = "bus"  # type: ignore[index]
    monkeypatch.setattr(pruning.Pruner, "run", lambda *_, **__: [pruning.Pruned("a.jpg", why="it changed")])
    assert "• prune: 1 image could not be pruned" in ended("recipe", "prune", "--yes")


def test_of_the_demos_notifications(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    silent = SimpleNamespace(collect=lambda *_, **__: [])
    monkeypatch.setattr(demo, "subscribed", lambda _: nullcontext(silent))
    monkeypatch.setattr(tracking, "put_all", lambda *_: [upload("a.jpg")])
    monkeypatch.setattr(tracking, "wait", lambda *_, **__: {"a.jpg": item("a.jpg")})
    demo._process(cast(Stack, None), [Picture("a.jpg", bytes)], 1)
    assert "• notifications received: none about 1 image" in capsys.readouterr().out


@pytest.mark.parametrize("command", [("status", "a.jpg"), ("upload", "."), ("retry", "a.jpg")])
def test_a_limit_of_a_wait_that_nobody_asked_for_is_wrong_usage(command: tuple[str, ...]):
    raised = CliRunner().invoke(main.app, [*command, "--timeout", "5"]).exception
    assert isinstance(raised, Problem)
    assert (raised.message, raised.exit_code) == ("--timeout needs --watch.", 2)


@pytest.mark.parametrize(
    ("end", "line"),
    [(lambda _: None, "✓ work"), (lambda say: say.unfinished("one is missing"), "• work: one is missing")],
)
def test_a_step_says_whether_it_was_done(
    capsys: pytest.CaptureFixture[str], end: Callable[[terminal.Step], None], line: str
):
    with terminal.step("work") as say:
        end(say)
    assert capsys.readouterr().out.startswith(line)
