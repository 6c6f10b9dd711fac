"""The entry point of the `imagebus` command."""

from __future__ import annotations

import typer

app = typer.Typer(name="imagebus", no_args_is_help=True)


@app.callback()
def imagebus() -> None:
    """Serverless image processing as a choreography of events."""


def main() -> None:
    app()
