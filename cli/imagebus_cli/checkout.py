"""`imagebus schemas`: commands that need a checkout of the repository, where tools/ is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from imagebus_cli.command import command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output

schemas = typer.Typer(help="Check the event contracts and release them.", no_args_is_help=True)


@schemas.command()
@command
def check(out: Output) -> None:
    """Exit with 1 if a contract breaks what was released. `make check` runs this."""
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.contracts.gate import problems

    _refuse(problems(ContractFiles(ROOT)), out)
    out.write({"ok": True, "problems": []}, "No released contract is broken.")


@schemas.command()
@command
def release(out: Output) -> None:
    """Release the contracts as they are now: from here on they may only grow.

    Exits with 1, and writes nothing, if one of them breaks what was released before.
    """
    from tools import ROOT
    from tools.contracts import gate
    from tools.contracts.files import ContractFiles

    files = ContractFiles(ROOT)
    _refuse(gate.problems(files), out)
    written = [str(path.relative_to(ROOT)) for path in gate.release(files)]
    document = {"ok": True, "problems": [], "written": written}
    out.write(document, *(written or ["Nothing has changed since the last release."]))


def _refuse(problems: list[str], out: Output) -> None:
    """Exit with 1 if there are any."""
    if not problems:
        return
    if out.as_json:
        out.write({"ok": False, "problems": problems})
    for sentence in problems:
        typer.echo(f"✗ {sentence}", err=True)
    raise typer.Exit(1)
