"""A deployment that changes a recipe raises its generation; any other leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imagebus_cli.stack.generation import PARAMETER, RECIPE, counted
from imagebus_local import templates


class Stacks:
    def __init__(self, **parameters: str) -> None:
        self.parameters = parameters

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if not self.parameters:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")
        found = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
        return {"Stacks": [{"Parameters": found}]}


@pytest.mark.parametrize(
    ("deployed", "given", "generation"),
    [
        ({}, {"Background": "#000000"}, None),
        ({"Background": "#ffffff", PARAMETER: "3"}, {"Background": "#000000"}, "4"),
        ({"Background": "#ffffff"}, {"Background": "#000000"}, "2"),
        ({"Background": "#ffffff", PARAMETER: "3"}, {"Background": "#ffffff"}, None),
        ({"MaxBytes": "1", PARAMETER: "3"}, {"MaxBytes": "2"}, None),
        ({"Background": "#ffffff", PARAMETER: "3"}, {"Background": "#000000", PARAMETER: "9"}, "9"),
    ],
)
def test_a_changed_recipe_is_the_next_generation(
    deployed: dict[str, str], given: dict[str, str], generation: str | None
):
    assert counted(Stacks(**deployed), "imagebus", given).get(PARAMETER) == generation


def test_the_parameters_of_recipes_are_the_templates():
    declared = templates.read(Path(__file__).parents[3] / "template.yml")["Parameters"]
    assert declared.keys() >= RECIPE | {PARAMETER}
