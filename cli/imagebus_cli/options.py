"""The arguments and options that commands share: one wording, one meaning."""

from __future__ import annotations

from typing import Annotated

import typer

Key = Annotated[str, typer.Argument(help="The image's key, as it was uploaded.", show_default=False)]
StackName = Annotated[
    str | None,
    typer.Option("--stack", help="CloudFormation stack on AWS (default: the local one).", show_default=False),
]
Profile = Annotated[str | None, typer.Option(help="AWS profile for --stack.", show_default=False)]
Region = Annotated[str | None, typer.Option(help="AWS region for --stack.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LocalPort = Annotated[
    int | None,
    typer.Option(min=1024, max=65535, help="Port of the emulator (default: 4566, or the next free one)."),
]
