"""`python -m tools`: the tools that only a checkout needs. `make` calls them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Annotated

import typer

from imagebus_local import LocalError, sam
from tools import ROOT, catalog, regions
from tools.clients.files import problems
from tools.contracts import gate
from tools.contracts.files import ContractFiles, Unreleased
from tools.generate import clients, out_of_date, write
from tools.node import Unavailable
from tools.release import assets, sbom
from tools.security import audit, lint, matrix
from tools.security.translate import translated

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def tools() -> None:
    """Development tools for a checkout."""


@app.command()
def check() -> None:
    """Check the contracts, the generated files, the locked packages and the templates."""
    failed = [
        _report("contracts", gate.problems(ContractFiles(ROOT))),
        _report("generated files", _generated()),
        _report("clients", _clients()),
        _report("locked packages", audit.problems(ROOT)),
        _report("checkov", lint.problems(ROOT)),
        _report("regions", regions.problems()),
    ]
    raise typer.Exit(any(failed))


@app.command()
def generate(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file would change.")
    ] = False,
) -> None:
    """Write the generated files: schemas, AsyncAPI, OpenAPI, docs/events.md, monitoring, clients/."""
    if check:
        raise typer.Exit(_report("generated files", _generated(clients_too=True)))
    try:
        written = write(ROOT)
        made = clients(ROOT)
    except Unreleased as reason:
        raise typer.Exit(_report("generated files", [str(reason)])) from None
    try:
        written += made.write()
    except Unavailable as reason:
        typer.echo(f"! clients/ is out of date, and was not generated: {reason}.", err=True)
    for path in written:
        typer.echo(str(path.relative_to(ROOT)))


@app.command("audit")
def audit_locks(
    yanked: Annotated[
        bool, typer.Option("--yanked", help="Also ask the package index for withdrawn versions.")
    ] = False,
) -> None:
    """Check that every locked package is pinned, has hashes and is not a version with a known flaw."""
    raise typer.Exit(_report("locked packages", audit.problems(ROOT, yanked=yanked)))


@app.command("regions")
def region_data() -> None:
    """Update the data on what AWS regions lack, after a change of the templates or the locked packages."""
    regions.write()


@app.command()
def permissions() -> None:
    """Print the template's permissions in the form of security/matrix.yml."""
    typer.echo(matrix.as_yaml(matrix.granted(translated(ROOT / "template.yml"))), nl=False)


@app.command()
def translate() -> None:
    """Print template.yml as plain CloudFormation, in JSON."""
    typer.echo(json.dumps(translated(ROOT / "template.yml"), indent=1))


@app.command()
def build(
    architecture: Annotated[
        str | None, typer.Argument(help="x86_64 or arm64 (default: as in template.yml).")
    ] = None,
) -> None:
    """Run `sam build` for AWS, in a container if this computer lacks the Python of the functions."""
    try:
        built = sam.build_for_lambda(ROOT, machine=architecture, environment=dict(os.environ), container=True)
    except LocalError as error:
        raise typer.Exit(_report("build", [f"{error.message} {error.advice}\n{error.detail}"])) from None
    typer.echo(f"built: {built.relative_to(ROOT)}")


@app.command("catalog")
def event_catalog() -> None:
    """Build the documentation site of the events in dist/catalog/. Needs npm."""
    try:
        made = catalog.build(ROOT, ROOT / "dist" / "catalog")
    except catalog.NotBuilt as reason:
        raise typer.Exit(_report("catalog", [str(reason)])) from None
    typer.echo(str(made.relative_to(ROOT)))


@app.command("sbom")
def bill_of_materials() -> None:
    """Print the bill of materials of what the functions ship, as CycloneDX JSON."""
    typer.echo(json.dumps(sbom.bill(ROOT), indent=2))


@app.command()
def release(tag: Annotated[str, typer.Argument(help="The release's tag, vX.Y.Z.")]) -> None:
    """Write a release's notes and layers to dist/, after `make build`."""
    try:
        assets.write(ROOT, tag)
    except ValueError as error:
        raise typer.Exit(_report("release", [str(error)])) from None


def _generated(*, clients_too: bool = False) -> list[str]:
    try:
        stale = out_of_date(ROOT) + (clients(ROOT).out_of_date() if clients_too else [])
    except Unreleased as reason:
        return [str(reason)]
    return [f"{path.relative_to(ROOT)} is out of date: run `make generate`." for path in stale]


def _clients() -> list[str]:
    try:
        found, unchecked = problems(clients(ROOT))
    except Unreleased as reason:
        return [str(reason)]
    if unchecked:
        typer.echo(f"! {unchecked}.")
    return found


def _report(what: str, problems: Sequence[str]) -> bool:
    """Whether there are any."""
    for problem in problems:
        typer.echo(f"✗ {what}: {problem}", err=True)
    if not problems:
        typer.echo(f"✓ {what}")
    return bool(problems)


if __name__ == "__main__":
    app(prog_name="python -m tools")
