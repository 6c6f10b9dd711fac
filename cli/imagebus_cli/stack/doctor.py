"""Check what imagebus needs; each finding says how to fix it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imagebus_cli.stack import bus
from imagebus_cli.stack.findings import Finding, Verdict

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.stack.deployed import Stack

#: Images that are looked at: enough to notice what concerns many, and quick.
SAMPLE = 200
#: Erasures whose derived objects are looked for, in a request for each.
ERASURES = 50
OLDEST_PYTHON = (3, 11)


def here() -> Iterator[Finding]:
    """Check this computer: Python, and in a checkout the tools and the local stack."""
    yield python(sys.version_info[:2])
    if importlib.util.find_spec("imagebus_local") is None:
        yield Finding("checkout", Verdict.NOTE, "none", "Only development and the local stack need one.")
        return
    yield tool("make", shutil.which("make"), "Install it: apt install make, or xcode-select --install")
    beside = Path(sys.executable).with_name("sam")
    yield tool("sam", str(beside) if beside.exists() else shutil.which("sam"), "Run: make setup")
    yield from local()


def python(version: tuple[int, int]) -> Finding:
    text = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Finding("python", Verdict.OK, f"{text} at {sys.executable}")
    needed = ".".join(map(str, OLDEST_PYTHON))
    return Finding(
        "python", Verdict.BAD, f"{text} is too old", f"Install {needed} or later; make setup PYTHON=…"
    )


def tool(name: str, path: str | None, advice: str) -> Finding:
    if path is None:
        return Finding(name, Verdict.BAD, "not installed", advice)
    return Finding(name, Verdict.OK, path)


def local() -> Iterator[Finding]:
    """The checkout and its local stack; if that is down, the port it would use."""
    import imagebus_local
    from imagebus_cli.stack import delivery
    from imagebus_cli.stack.deployed import Stack
    from imagebus_local import ports
    from imagebus_local.stack import DEFAULT_PORT

    try:
        status = imagebus_local.status()
    except imagebus_local.LocalError as error:
        yield Finding("checkout", Verdict.BAD, error.message, error.advice)
        return
    yield Finding("checkout", Verdict.OK, str(imagebus_local.Places.find().root))
    if status.state == "up" and status.local is not None:
        yield Finding("local stack", Verdict.OK, f"up at {status.local.endpoint}")
        stack = Stack.local(status.local.endpoint, status.local.region, status.local.outputs)
        yield from answers(stack, "Restart it: imagebus local down, then imagebus local up")
        yield from inboxes(stack)
        yield from delivery.check(stack)
        yield from images(stack)
        return
    if status.state == "crashed":
        yield Finding("local stack", Verdict.BAD, "it has crashed", "Restart it: imagebus local up")
    else:
        yield Finding("local stack", Verdict.NOTE, status.state, "To start it: imagebus local up")
    if status.state != "starting":
        free = ports.is_free(DEFAULT_PORT)
        yield port(DEFAULT_PORT, free=free, owner=ports.owner, suggest=ports.suggest)


def port(
    number: int, *, free: bool, owner: Callable[[int], str | None], suggest: Callable[[int], int]
) -> Finding:
    if free:
        return Finding("port", Verdict.OK, f"{number} is free")
    held = f"{number} is used by {owner(number) or 'another program'}"
    return Finding("port", Verdict.NOTE, held, f"Use another: imagebus local up --port {suggest(number)}")


def credentials(profile: str | None, region: str | None) -> Finding:
    """Whether there are AWS credentials, which only a stack on AWS needs. Calls no service."""
    from botocore.exceptions import BotoCoreError

    from imagebus_cli.stack.find import session_of

    try:
        session = session_of(profile, region)
        found = session.get_credentials()
    except BotoCoreError as error:
        return Finding("credentials", Verdict.BAD, str(error), "Use a --profile from ~/.aws/config.")
    if found is None:
        return Finding(
            "credentials",
            Verdict.NOTE,
            "none; the local stack does not need any",
            "For a stack on AWS, sign in (aws sso login) or name a --profile.",
        )
    if not session.region_name:
        advice = "Name a --region, or set AWS_REGION."
        return Finding("credentials", Verdict.NOTE, f"from {found.method}, but no region", advice)
    return Finding("credentials", Verdict.OK, f"from {found.method}, region {session.region_name}")


def on_aws(name: str, profile: str | None, region: str | None, *, drift: bool = False) -> Iterator[Finding]:
    """A stack on AWS: whether it exists, is an imagebus stack, and its parts answer and work together."""
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus_cli.stack import delivery, quotas
    from imagebus_cli.stack import drift as changes
    from imagebus_cli.stack.find import find

    try:
        stack = find(name, profile=profile, region=region)
    except (BotoCoreError, ClientError) as error:
        advice = "Check its name, --profile and --region, or deploy it: imagebus deploy"
        yield Finding("stack", Verdict.BAD, str(error), advice)
        return
    yield Finding("stack", Verdict.OK, f"{name} in {stack.session.region_name}")
    yield from answers(stack, "Deploy it again (imagebus deploy), and check your permissions.")
    yield from inboxes(stack)
    yield from delivery.check(stack)
    yield from images(stack)
    yield from quotas.of_deployed(stack.session, name)
    yield from compared(stack.session, name) if drift else changes.last_known(stack.session, name)


def compared(session: boto3.Session, name: str) -> list[Finding]:
    """What CloudFormation finds changed, which takes some minutes."""
    from imagebus_cli.output import terminal
    from imagebus_cli.stack import drift as changes

    with terminal.step(f"{name} compared with its template") as say:
        found = changes.detect(session, name, say)
        if any(each.verdict is Verdict.NOTE for each in found):
            say.unfinished("not completely")
    return found


def answers(stack: Stack, advice: str) -> Iterator[Finding]:
    """The parts that the commands use."""
    from botocore.exceptions import BotoCoreError, ClientError

    parts: dict[str, tuple[str, Callable[[str], object]]] = {
        "uploads bucket": ("UploadsBucketName", lambda name: stack.s3.head_bucket(Bucket=name)),
        "images bucket": ("ImagesBucketName", lambda name: stack.s3.head_bucket(Bucket=name)),
        "status table": ("StatusTableName", lambda name: stack.dynamodb.describe_table(TableName=name)),
        "recipes table": ("RecipesTableName", lambda name: stack.dynamodb.describe_table(TableName=name)),
        "event bus": ("EventBusName", lambda name: bus.ask(stack, name)),
    }
    for what, (output, ask) in parts.items():
        resource = stack.outputs.get(output)
        if resource is None:
            yield Finding(what, Verdict.BAD, f"the stack has no output {output}", advice)
            continue
        try:
            ask(resource)
        except (BotoCoreError, ClientError) as error:
            yield Finding(what, Verdict.BAD, str(error), advice)
        else:
            yield Finding(what, Verdict.OK, resource)


def inboxes(stack: Stack) -> Iterator[Finding]:
    """Whether somebody works on what waits. If not for long, the stage's trigger is disabled or fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus.naming import inbox_urls
    from imagebus_cli.stack import delivery

    idle = []
    try:
        for stage, url in inbox_urls(stack.outputs["InboxUrls"]).items():
            waiting, working = delivery.depth(stack, url)
            if waiting and not working and stage != "cleaner":  # a schedule reads that one
                idle.append(f"{stage} ({waiting:,})")
    except (BotoCoreError, ClientError, LookupError) as error:
        yield Finding("inboxes", Verdict.NOTE, f"not checked: {error}")
        return
    if not idle:
        yield Finding("inboxes", Verdict.OK, "no stuck messages")
        return
    message = f"messages are waiting, but nothing reads them: {', '.join(idle)}"
    advice = "Look again in a minute. If they stay, enable the stage's trigger: docs/runbook.md"
    yield Finding("inboxes", Verdict.NOTE, message, advice)


def images(stack: Stack) -> Iterator[Finding]:
    """Whether a sample of the images is consistent."""
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus.clock import SystemClock
    from imagebus_cli.operations import gate, leftovers
    from imagebus_cli.operations.retry import required
    from imagebus_cli.operations.verify import verify_all

    try:
        chosen = gate.chosen(stack.table.images(), "", SAMPLE)
        left = leftovers.Leftovers(stack, objects=False)
        checked = verify_all(chosen, stack.store, required(stack), SystemClock(), left.checks, left.settling)
        found = list(checked)
        found += left.derived(limit=ERASURES)
    except (BotoCoreError, ClientError, LookupError):
        return  # a part is missing, which is a finding of its own
    wrong = [each for each in found if each is not None]
    if not wrong:
        yield Finding("images", Verdict.OK, f"{len(found)} checked")
        return
    message = f"{len(wrong)} of {len(found)} differ; the first: {wrong[0].why}"
    yield Finding(
        "images", Verdict.BAD, message, f"{wrong[0].advice or 'imagebus verify'}; imagebus verify for all"
    )
