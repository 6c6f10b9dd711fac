"""`imagebus erase`."""

from __future__ import annotations

from typing import Annotated

import typer

from imagebus_cli.options import AsJson, Key, Profile, Region, StackName


def erase(
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Remove an image for good: original, all versions, derived images, log and status.

    Exits with 1 when there was nothing, or the question was not answered with yes.
    """
    from imagebus_cli.images.erase import erase as erase_image
    from imagebus_cli.output import outcome
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    if not yes:
        typer.confirm(f"Erase {key!r} for good, with all its versions?", abort=True, err=True)
    erased = erase_image(found, key)
    if not erased.anything:
        raise Problem("There is nothing under that key.", "Keys are exact, with their folders.", exit_code=1)
    outcome.tell(
        {"erased": key, **vars(erased)},
        as_json,
        f"{key}: erased {erased.versions} versions, {erased.derived} derived images, "
        f"{erased.items} items of log and status",
        "  What stays in the archive, and for how long: docs/security.md",
    )
