"""`imagebus local`: the embedded AWS."""

from __future__ import annotations

import json
import shlex
from typing import Annotated

import typer

from imagebus_cli.options import AsJson

app = typer.Typer(no_args_is_help=True, help="The whole system on this computer: no AWS account, no Docker.")

Port = Annotated[
    int | None, typer.Option(min=1024, max=65535, help="Port of the emulator on 127.0.0.1 (default: 4566).")
]


@app.command()
def up(port: Port = None, as_json: AsJson = False) -> None:
    """Start the embedded AWS and deploy template.yml to it; deploys again only what changed."""
    from imagebus_cli.output import terminal
    from imagebus_local import up as start

    if as_json:
        state = start(port)
        print_json(vars(state))
        return
    with terminal.step("local AWS") as say:
        state = start(port, say=say)
    rows = {"endpoint": state.endpoint, **state.outputs}
    if state.api_url:
        rows = {name: value for name, value in rows.items() if name not in ("ApiUrl", "ApiKeyId")}
        rows |= {"web page and API": state.api_url, "API key": state.api_key or ""}
    width = max(map(len, rows))
    for name, value in rows.items():
        terminal.console.print(f"  {name:<{width}}  {terminal.safe(value)}", soft_wrap=True)
    terminal.console.print(
        '\nFor the AWS CLI: eval "$(imagebus local env)"    To stop it: imagebus local down'
    )


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop the embedded AWS and everything it started. Nothing that it stored is kept."""
    from imagebus_cli.output import outcome
    from imagebus_local import down as stop

    was_up = stop()
    said = "The local AWS is down." if was_up else "The local AWS was not running."
    outcome.tell({"state": "down", "was_up": was_up}, as_json, said)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether it runs (exit code 0) or not (1), and where."""
    from imagebus_cli.output import terminal
    from imagebus_local import status as look

    seen = look()
    if as_json:
        print_json({"state": seen.state, "local": vars(seen.local) if seen.local else None})
    elif seen.state == "up" and seen.local:
        terminal.console.print(f"up at {seen.local.endpoint}, process {seen.local.pid}")
    else:
        terminal.console.print(seen.state)
    if seen.state != "up":
        raise typer.Exit(1)


@app.command()
def env(as_json: AsJson = False) -> None:
    """Print shell exports that point the AWS CLI at it: eval "$(imagebus local env)"."""
    from imagebus_local import env as variables

    if as_json:
        print_json(variables())
        return
    for name, value in variables().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
