"""What commands share: the decorator that gives one its stack and its output, and common parameters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from imagebus_cli.pages import SHARED

if TYPE_CHECKING:
    from imagebus_cli.stack.deployed import Stack

Key = Annotated[str, typer.Argument(metavar="KEY", help="The image's key, as uploaded.", show_default=False)]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=0,
        metavar="SECONDS",
        show_default=False,
        help="With --watch: give up if no image has finished for so long (default: 120).",
    ),
]
LocalPort = Annotated[
    int | None,
    typer.Option(min=1024, max=65535, help="Port of the emulator (default: 4566, or the next free one)."),
]

STACK_OPTIONS: dict[str, Any] = {
    "stack": Annotated[
        str | None,
        typer.Option(
            "--stack",
            metavar="NAME",
            help="CloudFormation stack on AWS (default: the local stack).",
            show_default=False,
            rich_help_panel=SHARED,
        ),
    ],
    "profile": Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="AWS profile for --stack.", show_default=False, rich_help_panel=SHARED
        ),
    ],
    "region": Annotated[
        str | None,
        typer.Option(
            metavar="REGION", help="AWS region for --stack.", show_default=False, rich_help_panel=SHARED
        ),
    ],
}
JSON_OPTION: dict[str, Any] = {
    "as_json": Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=SHARED)]
}
DEFAULTS = {"as_json": False}


@dataclass(frozen=True)
class Target:
    """The stack that --stack, --profile and --region name, not looked up yet."""

    name: str | None = None
    profile: str | None = None
    region: str | None = None

    def find(self) -> Stack:
        """Raises what `stack.find.find` raises."""
        from imagebus_cli.stack import find

        return find.find(self.name, profile=self.profile, region=self.region)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Turn the parameters `stack` or `target`, and `out`, into the options that every command shares.

    `out` is an Output, from --json. `stack` is the Stack named by --stack, --profile and --region, found
    before the command runs. A command that checks its own arguments first takes the Target instead.
    """
    signature = inspect.signature(function)
    given = signature.parameters.keys() & {"stack", "target", "out"}
    options = (STACK_OPTIONS if given - {"out"} else {}) | (JSON_OPTION if "out" in given else {})

    @functools.wraps(function)
    def run(**values: Any) -> None:
        from imagebus_cli.output.writer import output

        shared = {name: values.pop(name) for name in options}
        with output(as_json=shared.pop("as_json", False)) as out:
            supplied: dict[str, Any] = {"out": out, "target": Target(*shared.values())}
            if "stack" in given:
                supplied["stack"] = supplied["target"].find()
            function(**values, **{name: supplied[name] for name in given})

    run.__annotations__ = options | {
        name: each for name, each in function.__annotations__.items() if name not in given
    }
    hints = get_type_hints(run, include_extras=True)
    own = [
        each.replace(annotation=hints[name])
        for name, each in signature.parameters.items()
        if name not in given
    ]
    common = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS.get(name), annotation=hints[name]
        )
        for name in options
    ]
    run.__signature__ = signature.replace(parameters=[*own, *common])  # type: ignore[attr-defined]
    return run


def require_watch(timeout: float | None, *, watch: bool) -> None:
    """Raises Problem for a --timeout of nothing."""
    from imagebus_cli.problem import Problem

    if timeout is not None and not watch:
        raise Problem("--timeout needs --watch.", exit_code=2)
