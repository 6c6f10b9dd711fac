"""What `imagebus test-consumer` refuses, before it touches anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus.testing.kit.findings import Report
from imagebus_cli.consumers.blackbox import session, stage
from imagebus_cli.consumers.blackbox.commands import _lines
from imagebus_cli.consumers.folder import Folder
from imagebus_cli.main import app
from imagebus_cli.problem import Problem


def refusal(*arguments: str) -> Problem:
    result = CliRunner().invoke(app, ["test-consumer", *arguments])
    assert isinstance(result.exception, Problem), result
    assert result.exception.exit_code == 2
    return result.exception


def test_a_folder_is_not_deployed_to_aws(tmp_path: Path) -> None:
    assert refusal(str(tmp_path), "--stack", "images-prod").message == "A folder is tested on the local AWS."


def test_a_folder_that_does_not_exist_is_no_stack() -> None:
    assert refusal("consumers/tagger").message == "There is no folder consumers/tagger."


def test_a_stack_has_its_parameters_already() -> None:
    assert refusal("imagebus-tagger", "--parameter", "A=b").message == "--parameter is for a folder."


class Place:
    def __init__(self, *, is_real: bool) -> None:
        self.is_real = is_real


@pytest.mark.parametrize(
    ("is_real", "held", "said"),
    [
        (True, 0, "is on AWS, and the test deletes everything in it"),
        (False, 3, "holds 3 records, and the test would delete them"),
    ],
)
def test_what_a_stack_holds_is_deleted_on_request_only(is_real: bool, held: int, said: str) -> None:
    place: Any = Place(is_real=is_real)
    with pytest.raises(Problem, match=said) as raised:
        session._refuse(place, "imagebus-gallery", held)
    assert "--empty" in raised.value.advice


def test_a_local_stack_that_holds_nothing_is_tested() -> None:
    place: Any = Place(is_real=False)
    session._refuse(place, "imagebus-gallery", 0)


def test_a_parameter_without_a_value_is_named() -> None:
    template = {"Parameters": {"Address": {"Type": "String"}, "Size": {"Type": "Number", "Default": 3}}}
    folder = Folder(Path("mailer"), template, {})
    with pytest.raises(Problem) as raised:
        stage._check(folder, {})
    assert raised.value.message == "mailer needs Address."
    assert raised.value.advice == "Give it a value: --parameter Address=VALUE"
    stage._check(folder, {"Address": "kim@example.com"})


def test_what_was_ignored_is_said() -> None:
    lines = _lines(Report((), 85, 1, ("table T: at",)))
    assert lines == [
        "Nothing is wrong in 85 runs (seed 1).",
        "Ignored, because it differs each time: table T: at",
    ]
