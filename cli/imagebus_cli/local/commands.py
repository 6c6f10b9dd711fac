"""`imagebus local`: the embedded AWS."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output

app = typer.Typer(
    no_args_is_help=True, help="The whole system on this computer, without an AWS account or Docker."
)

Port = Annotated[
    int | None,
    typer.Option(min=1024, max=65535, help="Port on 127.0.0.1 (default: 4566, or the next free one)."),
]


@app.command()
@command
def up(
    out: Output,
    port: Port = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="A template parameter, NAME=VALUE; repeatable.")
    ] = None,
) -> None:
    """Start the embedded AWS and deploy template.yml to it. Run again, it deploys only what changed.

    Without --parameter, a stack that runs keeps the parameters that it was started with.
    """
    from imagebus_cli.local.running import start
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import program

    state = start(port, parameter)
    if out.as_json:
        out.write(vars(state))
        return
    rows = {"endpoint": state.endpoint, **state.outputs}
    if state.api_url:
        rows = {name: value for name, value in rows.items() if name not in ("ApiUrl", "ApiKeyId")}
        rows |= {"web page and API": state.api_url, "API key": state.api_key or ""}
    width = max(map(len, rows))
    for name, value in rows.items():
        terminal.console.print(f"  {name:<{width}}  {terminal.safe(value)}", soft_wrap=True)
    name = program()
    terminal.console.print(
        f'\nFor the AWS CLI: eval "$({name} local env)"    To stop it: {name} local down', soft_wrap=True
    )


@app.command()
@command
def down(out: Output) -> None:
    """Stop the embedded AWS and everything it started. Its data is not kept."""
    from imagebus_local import down as stop

    was_up = stop()
    line = "The local AWS is down." if was_up else "The local AWS was not running."
    out.write({"state": "down", "was_up": was_up}, line)


@app.command()
@command
def status(out: Output) -> None:
    """Say whether it is running (exit code 0) or not (1), and where."""
    from imagebus_local import status as look

    seen = look()
    line: str = seen.state
    if seen.state == "up" and seen.local:
        line = f"up at {seen.local.endpoint}, process {seen.local.pid}"
    out.write({"state": seen.state, "local": vars(seen.local) if seen.local else None}, line)
    if seen.state != "up":
        raise typer.Exit(1)


@app.command()
@command
def env(
    out: Output,
    unset: Annotated[
        bool, typer.Option("--unset", help="Print lines that unset these variables again.")
    ] = False,
) -> None:
    """Print shell commands that point the AWS CLI at the local stack: eval "$(imagebus local env)".

    --stack then also means a stack there. To return to AWS: eval "$(imagebus local env --unset)". It does not
    restore a profile, a session token or endpoints of single services, which `local env` unsets.
    """
    from imagebus_local import VARIABLES, overriding
    from imagebus_local import env as variables

    if unset:
        if out.as_json:
            out.write({"unset": VARIABLES})
            return
        for name in VARIABLES:
            typer.echo(f"unset {name}")
        return
    found = variables()
    if out.as_json:
        out.write(found)
        return
    for name in overriding():
        typer.echo(f"unset {name}")
    for name, value in found.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
