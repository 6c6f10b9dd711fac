"""Counts the changes of how a stack derives images, so that no clock says which of two recipes is newer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARAMETER = "RecipeGeneration"
#: The parameters that recipes are made of.
RECIPE = frozenset(
    {
        "ThumbnailSizes",
        "OutputFormat",
        "Background",
        "LinearLight",
        "AnimatedThumbnails",
        "WatermarkText",
        "WatermarkPosition",
        "WatermarkOpacity",
        "WatermarkScale",
        "WatermarkMaxSide",
    }
)


def counted(client: Any, stack: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters, with the next generation if one of a recipe's changes. A number that is given stays."""
    from botocore.exceptions import ClientError

    given = dict(parameters)
    if PARAMETER in given or RECIPE.isdisjoint(given):
        return given
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # there is no such stack yet
            raise
        return given
    deployed = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    if any(name in deployed and deployed[name] != given[name] for name in RECIPE & given.keys()):
        given[PARAMETER] = str(int(deployed.get(PARAMETER, "1")) + 1)
    return given
