"""`imagebus doctor`."""

from __future__ import annotations

import typer

from imagebus_cli.options import AsJson, Profile, Region, StackName


def doctor(
    stack: StackName = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Look whether everything that imagebus needs is there, and say what to do where it is not.

    Looks at this computer and the local stack, with --stack also at that one. Exits with 1 when something is
    bad; a note (the local stack is down, there are no AWS credentials) is nothing bad.
    """
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.stack.doctor import Verdict, credentials, here, on_aws

    marks = {Verdict.OK: "[green]✓[/]", Verdict.NOTE: "[yellow]•[/]", Verdict.BAD: "[bold red]✗[/]"}
    findings = [*here(), credentials(profile, region)]
    if stack is not None:
        findings += on_aws(stack, profile, region)
    bad = sum(1 for finding in findings if finding.verdict is Verdict.BAD)
    if not as_json:
        for finding in findings:
            line = f"{marks[finding.verdict]} {finding.what:<14} {terminal.safe(finding.message)}"
            terminal.console.print(line, soft_wrap=True)
            if finding.advice:
                terminal.console.print(f"  {'':<14} [dim]{terminal.safe(finding.advice)}[/]", soft_wrap=True)
    document = {"ok": not bad, "findings": [vars(finding) for finding in findings]}
    outcome.tell(document, as_json, f"{bad} bad" if bad else "Nothing is wrong.")
    if bad:
        raise typer.Exit(1)
