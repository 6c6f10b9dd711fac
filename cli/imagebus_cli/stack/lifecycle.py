"""`imagebus deploy` and `destroy`: the beginning and the end of a stack on AWS."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import command

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.output.writer import Output

Profile = Annotated[
    str | None, typer.Option(help="AWS profile (default: from your environment).", show_default=False)
]
Region = Annotated[
    str | None, typer.Option(help="AWS region (default: from your environment).", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command
def deploy(
    out: Output,
    stack_name: Annotated[
        str, typer.Option("--stack", help="Name of the CloudFormation stack.")
    ] = "imagebus",
    parameter: Annotated[
        list[str] | None, typer.Option(help="A template parameter, NAME=VALUE; repeatable.")
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="Lambda runtime, e.g. python3.12 (default: as in template.yml).")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="x86_64 or arm64 (default: as in template.yml).")
    ] = None,
    create_key: Annotated[
        bool, typer.Option("--create-key", help="Encrypt with a KMS key of your own, in a stack STACK-key.")
    ] = False,
    images: Annotated[int, typer.Option(min=0, help="Images a month, for the price.")] = 1000,
    preflight: Annotated[
        bool, typer.Option("--preflight", "--dry-run", help="Only check: create and change nothing.")
    ] = False,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Check the account, build the project, show what would change, ask, and deploy to AWS.

    Exits with 1 if a check finds a problem, or if the answer is no.
    """
    from imagebus_cli.output.text import count
    from imagebus_cli.stack import preflight as checks
    from imagebus_cli.stack.findings import bad, show
    from imagebus_cli.stack.parameters import pairs
    from imagebus_local import Places

    _on_aws()
    given = pairs(parameter or ())
    if not (yes or preflight or _interactive()):
        raise _needs_yes("deploy")
    session = _session(profile, region)
    root = Places.find().root
    report = checks.check(
        session, stack_name, root, given, images=images, new_key=create_key, runtime=runtime
    )
    show(report.findings, out)
    problems = bad(report.findings)
    document = {
        "ok": not problems,
        "findings": [vars(finding) for finding in report.findings],
        "settings": dict(report.settings),
    }
    if problems or preflight:
        out.write(document, f"{count(problems, 'problem')} found." if problems else "No problems found.")
        raise typer.Exit(bool(problems))
    parameters = {**report.settings, **given}
    document |= _deployed(session, stack_name, parameters, (runtime, architecture), create_key, yes)
    out.write(document)


def _deployed(
    session: boto3.Session,
    stack: str,
    parameters: dict[str, str],
    target: tuple[str | None, str | None],
    create_key: bool,
    yes: bool,
) -> dict[str, object]:
    from imagebus_cli.output import terminal
    from imagebus_cli.stack import changes, key
    from imagebus_local import Places, sam

    root = Places.find().root
    client = session.client("cloudformation")
    if create_key:
        if not (yes or _confirmed(f"Create a key in the stack {key.stack_name(stack)}?")):
            raise typer.Exit(1)
        with terminal.step(f"key in {key.stack_name(stack)}") as say:
            parameters = {**parameters, "EncryptionKeyArn": key.create(session, stack, root, say)}
    with terminal.step("built") as say:
        say("sam build")
        built = sam.build_for_lambda(root, python=target[0], machine=target[1], environment=dict(os.environ))
    with terminal.step("uploaded") as say:
        say("sam deploy, without executing the change set")
        change_set = sam.change_set(built, stack=stack, parameters=parameters, environment=dict(os.environ))
    if change_set is None:
        terminal.console.print(f"{terminal.safe(stack)} is up to date.")
        return {"stack": stack, "changes": {}}
    summary = changes.summary(client, change_set)
    terminal.console.print(f"Changes: {summary}", soft_wrap=True)
    for line in summary.loud:
        terminal.console.print(
            f"[bold red]! {terminal.safe(line)}: its data is not copied.[/]", soft_wrap=True
        )
    if not (yes or _confirmed(f"Deploy {stack}?")):
        changes.discard(client, change_set)
        raise typer.Exit(1)
    with terminal.step(f"{stack} deployed") as say:
        stack_id = changes.execute(client, change_set, say)
    described = client.describe_stacks(StackName=stack_id)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    for name, value in sorted(outputs.items()):
        terminal.console.print(f"  {name:<22} {terminal.safe(value)}", soft_wrap=True)
    return {"stack": stack, "changes": dict(summary.counts), "outputs": outputs}


@command
def destroy(
    out: Output,
    stack_name: Annotated[
        str, typer.Option("--stack", help="Name of the CloudFormation stack.", show_default=False)
    ],
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Keep the buckets and tables; delete everything else.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also delete the rules of other stacks on the bus.")
    ] = False,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Delete a stack on AWS with all its images, or only the stack. Run it again if it was interrupted.

    Exits with 1 if something outside the stack uses it, or if the name that you type does not match.
    """
    from imagebus_cli.output import terminal
    from imagebus_cli.stack import remains, removal

    _on_aws()
    if not (yes or _interactive()):
        raise _needs_yes("destroy")
    session = _session(profile, region)
    plan = removal.plan(session, stack_name)
    lines = list(plan.lines(keep_data=keep_data))
    for line in lines:
        terminal.console.print(terminal.safe(line), soft_wrap=True)
    plan.require_permission(force=force)
    if not yes and typer.prompt(f"Type {stack_name} to delete it", err=out.as_json) != stack_name:
        terminal.console.print("The name does not match: nothing was deleted.")
        raise typer.Exit(1)
    back = remains.write_import(session, plan, Path.cwd()) if keep_data and plan.data else []
    with terminal.step(f"{stack_name} deleted") as say:
        removal.remove(session, plan, keep_data=keep_data, say=say)
    stays = list(remains.remains(session, plan, keep_data=keep_data))
    document = {"stack": stack_name, "plan": lines, "stays": [vars(each) for each in stays], "back": back}
    out.write(document, *map(str, stays), *back)


def _on_aws() -> None:
    from imagebus_cli.problem import Problem

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        raise Problem(
            f"AWS_ENDPOINT_URL is {endpoint}, which is not an AWS account.",
            "Run: unset AWS_ENDPOINT_URL. After `imagebus local env`, unset its other variables as well: "
            'eval "$(imagebus local env --unset)"',
        )


def _interactive() -> bool:
    return sys.stdin.isatty()


def _needs_yes(name: str) -> Exception:
    from imagebus_cli.output.text import option
    from imagebus_cli.problem import Problem

    return Problem(
        f"{name} needs confirmation, but stdin is not a terminal.", f"Add {option('--yes')}.", exit_code=2
    )


def _confirmed(question: str) -> bool:
    return typer.confirm(question, err=True)


def _session(profile: str | None, region: str | None) -> boto3.Session:
    """A session, and the same choice in the environment, which the SAM CLI reads.

    There, access keys would take precedence over a profile.
    """
    from imagebus_cli.stack.find import session_of

    if profile:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ["AWS_PROFILE"] = profile
    session = session_of(None, region)
    if session.region_name:
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = session.region_name
    return session
