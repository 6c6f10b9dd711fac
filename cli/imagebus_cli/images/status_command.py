"""`imagebus status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.options import AsJson, Key, Profile, Region, StackName

if TYPE_CHECKING:
    from imagebus.history.fold import Item
    from imagebus_cli.stack.deployed import Stack

#: How long --watch waits for the image to come to its end, in seconds.
PATIENCE = 120


def status(
    key: Key,
    watch: Annotated[
        bool, typer.Option("--watch", help="Wait until it has come to its end; a key may be new, too.")
    ] = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """One image: how it stands, what is outstanding or failed, and the id by which logs name it.

    Exits with 1 when there is no such image; with --watch also when it did not complete.
    """
    from imagebus_cli.images import lookup as images
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    if watch:
        _watch(found, key, quiet=as_json)
    item = images.known(found, key)
    if as_json:
        outcome.tell(images.details(item), as_json)
    else:
        for name, value in _lines(item).items():
            terminal.console.print(f"{name:16} {terminal.safe(value)}", soft_wrap=True)
    if watch and item["status"] != "completed":
        raise typer.Exit(1)


def _watch(stack: Stack, key: str, *, quiet: bool) -> None:
    """Return when the image has come to its end, or did not within PATIENCE."""
    from datetime import UTC, datetime

    from imagebus_cli.output import outcome
    from imagebus_cli.uploads.tracking import Upload, wait

    any_revision = Upload(key, "", datetime.now(UTC))
    with outcome.step("processing", quiet=quiet):
        wait(stack, [any_revision], patience=PATIENCE)


def _lines(item: Item) -> dict[str, str]:
    from imagebus.identity import image_id

    reason = f" ({item['reason']})" if item.get("reason") else ""
    lines = {
        "status": f"{item['status']}{reason}",
        "image_id": image_id(item["image_key"]),
        "correlation_id": str(item["correlation_id"]),
        "revision": str(item["revision"]),
        "since": str(item["created_at"]),
        "until": str(item.get("completed_at") or item["updated_at"]),
        "outstanding": ", ".join(item.get("outstanding", ())) or "nothing",
    }
    for failure in item.get("failures", ()):
        what = f"{failure['error_type']} after {failure['attempts']} attempts at {failure['at']}"
        lines[f"failed, {failure['stage']}"] = f"{what}: {failure['message']}"
    return lines
