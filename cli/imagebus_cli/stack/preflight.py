"""What `imagebus deploy` checks before anything is created: each point passes, or says what fixes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imagebus_cli.output.text import count, option
from imagebus_cli.stack import existing, key, names, parameters, quotas, regions
from imagebus_cli.stack.findings import Finding, Verdict

if TYPE_CHECKING:
    import boto3


@dataclass
class Report:
    """`settings` are parameters that the deployment sets by itself, because of what the account allows."""

    findings: list[Finding] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)
    new: bool = True


def check(
    session: boto3.Session,
    stack: str,
    root: Path,
    given: Mapping[str, str],
    *,
    images: int,
    new_key: bool = False,
    runtime: str | None = None,
) -> Report:
    """Only reads. `given` are the parameters that the user names; `new_key`: a key will be created."""
    from imagebus_local import nesting

    report = Report()
    declared = nesting.whole(root)["Parameters"]
    wrong = parameters.invalid(given, declared)
    report.findings += wrong.values()
    given = {name: value for name, value in given.items() if name not in wrong}
    default = str(declared["Runtime"]["Default"])
    report.findings.append(_build(runtime or default, default))
    account, usable = _account(session)
    report.findings.append(account)
    if not usable:
        return report
    region = session.region_name or ""
    state, deployed = existing.state(session, stack)
    report.new = deployed is None
    values = {name: str(each.get("Default", "")) for name, each in declared.items()}
    values |= {name: value for name, value in (deployed or {}).items() if name in declared}
    values |= given
    report.findings += parameters.incomplete(values)
    report.findings += parameters.recipe(values)
    report.findings += _region(region, values)
    report.findings += _names(stack, region, root)
    report.findings.append(state)
    if report.new:
        report.findings += existing.leftovers(session, stack, root, values)
        report.findings += quotas.of_new_stack(session)
    found, report.settings = quotas.of_deployment(session, root, values, given)
    report.findings += found
    found, needed = parameters.required_facts(values, given)
    report.findings += found
    report.settings = {**report.settings, **needed}
    report.findings += _key(session, values, stack, root, new_key=new_key)
    report.findings.append(_price(region, images, labels=values["LabelProvider"] == "rekognition"))
    return report


def _build(runtime: str, default: str) -> Finding:
    """SAM wants an interpreter of the runtime to install packages for it."""
    from imagebus_local import sam

    if sam.too_old(runtime):
        what = f"{runtime} runs on Amazon Linux 2, which some packages have no wheels for"
        return Finding("build", Verdict.BAD, what, f"Name a newer one: {option('--runtime', default)}")
    found = sam.interpreter(runtime, os.environ)
    if found:
        return Finding("build", Verdict.OK, f"{runtime} at {found}")
    other = f"or python3.12 and add {option('--runtime', 'python3.12')}"
    advice = f"Install {runtime}." if runtime == "python3.12" else f"Install {runtime}, {other}."
    if not sam.too_old(sam.runtime()):
        advice = f"Install {runtime}, or name one that is there: {option('--runtime', sam.runtime())}"
    return Finding("build", Verdict.BAD, f"there is no {runtime} on the PATH", advice)


def _account(session: boto3.Session) -> tuple[Finding, bool]:
    """Who deploys, and where. Nothing else can be checked without it."""
    from botocore.exceptions import BotoCoreError, ClientError

    sign_in = f"Sign in (aws sso login), or name a profile: {option('--profile', 'NAME')}"
    if not session.region_name:
        return Finding(
            "region", Verdict.BAD, "no region is set", f"Name one: {option('--region', 'eu-west-1')}"
        ), False
    try:
        who = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return Finding("account", Verdict.BAD, str(error), sign_in), False
    return Finding("account", Verdict.OK, f"{who['Account']} as {who['Arn']}"), True


def _region(region: str, values: Mapping[str, str]) -> list[Finding]:
    if region not in regions.known():
        return [Finding("region", Verdict.NOTE, f"nothing is known about {region}: services may be missing")]
    found = [sentence.partition(": set ") for sentence in regions.problems(region, values)]
    wrong = [
        Finding("region", Verdict.BAD, what, f"Set it: {option('--parameter', setting.rstrip('.'))}")
        for what, _, setting in found
    ]
    return wrong or [Finding("region", Verdict.OK, f"{region} has every service that these parameters use")]


def _names(stack: str, region: str, root: Path) -> list[Finding]:
    wrong = names.problems(stack, region, root)
    advice = (
        f"Use a name ({option('--stack', 'NAME')}) of at most {names.longest_stack_name(region, root)} "
        "letters, digits and hyphens."
    )
    if wrong:
        return [Finding("names", Verdict.BAD, sentence, advice) for sentence in wrong]
    return [Finding("names", Verdict.OK, "every name is valid for its service")]


def _key(
    session: boto3.Session, values: Mapping[str, str], stack: str, root: Path, *, new_key: bool
) -> list[Finding]:
    arn = values.get("EncryptionKeyArn", "")
    if new_key:
        if arn:
            what = f"{option('--create-key')}, although the stack has {arn}"
            return [Finding("key", Verdict.BAD, what, "Name one of the two.")]
        return [
            Finding(
                "key",
                Verdict.NOTE,
                f"the stack {key.stack_name(stack)} with a key ($1 a month) will be created first",
            )
        ]
    if not arn:
        return [Finding("key", Verdict.OK, "AWS's own keys")]
    return key.findings(session, arn, root, cdn=values.get("EnableCdn") == "true")


def _price(region: str, images: int, *, labels: bool) -> Finding:
    from imagebus_cli.measure.estimate import month

    usd, idle, priced, as_of = month(region, images, labels=labels)
    where = "" if priced == region else f" at the prices of {priced}"
    priced_for = count(images, "image")
    what = f"about ${usd + idle:,.2f} a month: ${usd:,.2f} for {priced_for} of 12 MP, ${idle:.2f} idle"
    return Finding("price", Verdict.OK, f"{what}{where} ({as_of}; docs/cost.md)")
