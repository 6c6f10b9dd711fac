"""Each recipe command works with the permissions in docs/security.md, and needs each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from imagebus.identity import derived_prefix
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus_cli.main import app
from imagebus_cli.recipes import writing
from tests.e2e.decisions import Recording
from tests.e2e.harness import Pipeline, jpeg
from tests.e2e.operators import ALWAYS, USER, operator

#: Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
FREE = {ALWAYS, "sts:GetCallerIdentity"}


class Commands:
    """Runs them, and remembers what each user was allowed to do and did."""

    def __init__(self, pipeline: Pipeline, recording: Recording) -> None:
        self._pipeline = pipeline
        self._recording = recording

    def run(self, *words: str, row: tuple[str, ...] = ()) -> tuple[dict[str, Any], set[str]]:
        """The answer, and the documented actions that were not used."""
        before = self._recording.position()
        with operator(self._pipeline, *(row or (f"recipe {words[0]}",))) as who:
            arguments = ["recipe", *words, *who.options, "--json"]
            done = CliRunner().invoke(app, arguments, env=who.environment)
            assert done.exit_code == 0, (words, done.output, done.exception)
        mine = [each for each in self._recording.since(before) if each.role == USER]
        assert [each for each in mine if not each.allowed] == []
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer, set(who.allowed) - {each.action for each in mine}

    def __call__(self, *words: str, row: tuple[str, ...] = ()) -> dict[str, Any]:
        answer, unused = self.run(*words, row=row)
        assert not unused, f"recipe {words[0]} does not need {unused}"
        return answer


@pytest.mark.embedded("it promotes recipes")
def test_recipe_commands_need_what_is_documented(
    pipeline: Pipeline, recipes: DynamoDBRecipes, recording: Recording, tmp_path: Path
) -> None:
    if not recording.path.exists():
        pytest.skip("the local AWS was started without recording")
    key = pipeline.upload(pipeline.key(), jpeg(size=(200, 150)))
    pipeline.wait(key, "completed")
    default = writing.of_default(recipes.default())
    mine = {
        "name": "mine",
        "match": {"prefix": key},
        "variants": {"tiny": {"width": 32, "height": 32}},
        "watermark": {"text": "mine"},
    }
    changed = RecipeSet.read({"recipes": [mine, *default.settings()["recipes"]]})
    files = {name: tmp_path / f"{name}.yml" for name in ("changed", "default")}
    for name, each in (("changed", changed), ("default", default)):
        files[name].write_text(yaml.safe_dump(each.settings()))
    command = Commands(pipeline, recording)
    new, old = (str(files[name]) for name in ("changed", "default"))

    assert command("plan", new, "--prefix", key)["lacking"] == 1
    assert command("backfill", new, "--prefix", key)["done"] == 1
    check = command("promote", new, "--yes", "--check", row=("recipe promote", "recipe promote --check"))
    assert check["changed"]
    assert command("show")["active"]["set"] == changed.id
    command("export", changed.id)
    assert command("rollback", "--yes")["to_set"] == check["from_set"]
    assert command("promote", changed.id, "--yes")["changed"]
    assert command("rollback", "--yes")["to_set"] == check["from_set"]

    # The candidate keeps its objects until another set is prepared.
    command.run("backfill", old, "--prefix", key)
    counted, unused = command.run("prune")
    everything = ("recipe prune", "recipe prune --yes")
    removed, unused_too = command.run("prune", "--yes", row=everything)
    assert removed["objects"] == counted["objects"] >= 2
    left = pipeline.derived(derived_prefix(key))
    assert not any("/tiny." in name for name in left), left
    # Only a second look asks S3 what is there.
    again, unused_then = command.run("prune")
    assert (again["objects"], unused_then) == (0, set())
    assert unused | unused_too <= {"s3:ListBucket"}
