"""`imagebus schemas`: the contracts of the events, and the gate that keeps them."""

from __future__ import annotations

import typer

from imagebus_cli.options import AsJson

app = typer.Typer(help="The contracts of the events: check them, release them.", no_args_is_help=True)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Exit with 1 if a contract breaks what was released: `make check` runs this."""
    from imagebus_cli.output import outcome
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.contracts.gate import problems

    found = problems(ContractFiles(ROOT))
    _refuse(found, as_json)
    outcome.tell({"ok": True, "problems": []}, as_json, "The contracts keep what was released.")


@app.command()
def release(as_json: AsJson = False) -> None:
    """Promise the contracts as they are now to consumers: from here on they only grow.

    Exits with 1, and writes nothing, if one of them breaks what was released before.
    """
    from imagebus_cli.output import outcome
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.contracts.gate import problems
    from tools.contracts.gate import release as write

    files = ContractFiles(ROOT)
    _refuse(problems(files), as_json)
    written = [str(path.relative_to(ROOT)) for path in write(files)]
    document = {"ok": True, "problems": [], "written": written}
    outcome.tell(document, as_json, *(written or ["Nothing is new since the last release."]))


def _refuse(problems: list[str], as_json: bool) -> None:
    """Exit with 1 if there are any."""
    from imagebus_cli.output import outcome

    if not problems:
        return
    if as_json:
        outcome.tell({"ok": False, "problems": problems}, as_json)
    for sentence in problems:
        typer.echo(f"✗ {sentence}", err=True)
    raise typer.Exit(1)
