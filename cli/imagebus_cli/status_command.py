"""`imagebus status`."""

from __future__ import annotations

from typing import Annotated

import typer


def status(
    key: Annotated[str, typer.Argument(help="The image's key, as it was uploaded.")],
    stack: Annotated[
        str | None, typer.Option(help="CloudFormation stack on AWS (default: the local one).")
    ] = None,
) -> None:
    """One image: how it stands, what is outstanding or failed, and the id by which logs name it."""
    from imagebus.identity import image_id
    from imagebus_cli import terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.where import find

    item = find(stack).store.status(key)
    if item is None:
        raise Problem(
            "No image is known under that key.", "Keys are exact; a new one takes a moment.", exit_code=1
        )
    reason = f" ({item['reason']})" if item.get("reason") else ""
    lines = {
        "status": f"{item['status']}{reason}",
        "image_id": image_id(key),
        "correlation_id": item["correlation_id"],
        "revision": item["revision"],
        "since": item["created_at"],
        "until": item.get("completed_at") or item["updated_at"],
        "outstanding": ", ".join(item.get("outstanding", ())) or "nothing",
    }
    for failure in item.get("failures", ()):
        what = f"{failure['error_type']} after {failure['attempts']} attempts at {failure['at']}"
        lines[f"failed, {failure['stage']}"] = f"{what}: {failure['message']}"
    for name, value in lines.items():
        terminal.console.print(f"{name:16} {terminal.safe(str(value))}", soft_wrap=True)
