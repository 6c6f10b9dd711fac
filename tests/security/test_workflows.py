"""Workflows pin what they run, have minimal permissions, and only run make targets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAY = {"contents": {"read", "write"}, "id-token": {"write"}}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_are_few(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert all(level in MAY[name] for name, level in job["permissions"].items())
        assert job["timeout-minutes"] <= 30


def test_only_the_release_writes_and_only_a_deployment_has_an_identity() -> None:
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            assert (job["permissions"]["contents"] == "write") == (path.name == "release.yml")
            assert ("id-token" in job["permissions"]) == (path.name == "deploy.yml")
            if "id-token" in job["permissions"]:
                assert job["environment"] in {"stage", "production"}


def test_stage_and_production_are_two_stacks() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))["jobs"]
    assert len({job["env"]["STACK"] for job in jobs.values()}) == len(jobs) == 2
    assert re.search(r"^STACK \?= ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "STACK=" not in json.dumps(jobs)


def test_every_command_is_a_make_target_that_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for path in WORKFLOWS:
        for step in steps(yaml.safe_load(path.read_text(encoding="utf-8"))):
            command = step.get("run", "")
            if command and not command.startswith("gh release create"):
                words = [word for word in command.split()[1:] if "=" not in word]
                assert command.startswith("make ")
                assert set(words) <= targets, command
