"""`imagebus schemas`: the contracts of the events, and the gate that keeps them."""

from __future__ import annotations

import typer

app = typer.Typer(help="The contracts of the events: check them, release them.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Fail if a contract breaks what was released: `make check` runs this."""
    from imagebus_cli.contracts.files import ContractFiles
    from imagebus_cli.contracts.gate import problems
    from imagebus_cli.generate import ROOT

    found = problems(ContractFiles(ROOT))
    for sentence in found:
        typer.echo(f"✗ {sentence}", err=True)
    if found:
        raise typer.Exit(1)
    typer.echo("The contracts keep what was released.")


@app.command()
def release() -> None:
    """Promise the contracts as they are now to consumers: from here on they only grow."""
    from imagebus_cli.contracts.files import ContractFiles
    from imagebus_cli.contracts.gate import problems
    from imagebus_cli.contracts.gate import release as write
    from imagebus_cli.generate import ROOT

    files = ContractFiles(ROOT)
    found = problems(files)
    for sentence in found:
        typer.echo(f"✗ {sentence}", err=True)
    if found:
        raise typer.Exit(1)
    written = write(files)
    for path in written:
        typer.echo(path.relative_to(ROOT))
    if not written:
        typer.echo("Nothing is new since the last release.")
