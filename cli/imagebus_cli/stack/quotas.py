"""What the account allows, for `deploy` and `doctor`: Lambda, Rekognition and EventBridge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imagebus_cli.stack import bus, concurrency
from imagebus_cli.stack.findings import Finding, Findings, Verdict

if TYPE_CHECKING:
    import boto3

#: The codes of quotas: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html and
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
RULES, BUSES, EXECUTIONS = "L-244521F2", "L-658A4FD9", "L-B99A9384"
#: What Rekognition calls the features of an analysis. Each image is one call of each.
OPERATIONS: Mapping[str, str] = {
    "labels": "DetectLabels",
    "faces": "DetectFaces",
    "moderation": "DetectModerationLabels",
}
#: Rules that a stack has on the default bus: ingest's, and one for each schedule.
DEFAULT_BUS_RULES = 4
RAISE = (
    "To raise it: aws service-quotas request-service-quota-increase --service-code {service} "
    "--quota-code {code} --desired-value {value}"
)
SLOW = (
    "The stack works, slowly. After an increase, name these parameters with their defaults from template.yml "
    "and deploy again. "
)


def executions(session: boto3.Session) -> int:
    """How many functions may run at once in the account and region, less what is reserved for some."""
    limit = session.client("lambda").get_account_settings()["AccountLimit"]
    return int(limit["UnreservedConcurrentExecutions"])


def of_deployment(
    session: boto3.Session, root: Path, values: Mapping[str, str], given: Mapping[str, str]
) -> tuple[list[Finding], dict[str, str]]:
    """Findings about a stack with these values, and the parameters to set so that it suits the account.

    A parameter in `given` is the user's own choice: if it does not fit, that is a problem.
    """
    findings, settings = Findings(), {}
    with findings.reading("concurrency"):
        limit = executions(session)
        limits = concurrency.limits(root, values)
        asked = concurrency.asked(limits, values)
        settings = concurrency.fitting(limit, limits, values)
        findings.append(_concurrency(limit, asked, settings, given))
    if values.get("LabelProvider") == "rekognition":
        with findings.reading("rekognition"):
            rate = rekognition_rate(session, values["AnalysisFeatures"])
            finding, lower = _rekognition(rate, int(settings.get("LabelsConcurrencyLimit", 0)), values, given)
            findings.append(finding)
            settings |= lower
    return findings, {name: value for name, value in settings.items() if name not in given}


def _concurrency(limit: int, asked: int, settings: Mapping[str, str], given: Mapping[str, str]) -> Finding:
    allowed = f"the account allows {limit:,} executions at once, and the stack asks for up to {asked:,}"
    if not settings:
        return Finding("concurrency", Verdict.OK, allowed)
    pairs = " ".join(f"{name}={value}" for name, value in settings.items())
    increase = RAISE.format(service="lambda", code=EXECUTIONS, value=1000)
    if refused := sorted(settings.keys() & given.keys()):
        return Finding(
            "concurrency",
            Verdict.BAD,
            f"{allowed}; {', '.join(refused)} does not fit",
            f"Set {pairs}. {increase}",
        )
    return Finding("concurrency", Verdict.NOTE, f"{allowed}: deploying with {pairs}", SLOW + increase)


def rekognition_rate(session: boto3.Session, features: str) -> tuple[str, float] | None:
    """The operation of these features with the lowest rate, and its calls per second.

    None if Service Quotas knows none of them. A quota is found by its name, which ends with the operation:
    https://docs.aws.amazon.com/general/latest/gr/rekognition.html
    Where the account has no value of its own, the default counts:
    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
    """
    client = session.client("service-quotas")
    wanted = {OPERATIONS[each] for each in features.split(",")}
    rates: dict[str, float] = {}
    for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
        for page in client.get_paginator(operation).paginate(ServiceCode="rekognition"):
            for quota in page["Quotas"]:
                name = str(quota["QuotaName"])
                last = name.rpartition(" ")[2]
                if last in wanted and name.startswith("Transactions per second"):
                    rates[last] = float(quota["Value"])
    return min(rates.items(), key=lambda each: each[1], default=None)


def _rekognition(
    rate: tuple[str, float] | None, chosen: int, values: Mapping[str, str], given: Mapping[str, str]
) -> tuple[Finding, dict[str, str]]:
    """An execution takes about a second, mostly for the call: no more executions than calls a second."""
    name = "LabelsConcurrencyLimit"
    wanted = chosen or int(values[name])
    if rate is None:
        return Finding(
            "rekognition", Verdict.NOTE, "Service Quotas does not know the rates of Rekognition"
        ), {}
    operation, calls = rate
    allowed = f"{calls:g} calls of {operation} a second, {name}={wanted}"
    fitting = max(concurrency.LEAST, int(calls))
    if wanted <= fitting:
        return Finding("rekognition", Verdict.OK, allowed), {}
    if name in given:
        return Finding("rekognition", Verdict.BAD, f"only {allowed}", f"Set {name}={fitting}."), {}
    return Finding("rekognition", Verdict.NOTE, f"only {allowed}: deploying with {name}={fitting}"), {
        name: str(fitting)
    }


def of_new_stack(session: boto3.Session) -> list[Finding]:
    """Whether there is room for another bus, and for its rules on the default bus."""
    findings = Findings()
    with findings.reading("eventbridge"):
        used = {
            (BUSES, "event buses", 1): sum(1 for _ in bus.buses(session)) - 1,
            (RULES, "rules on the default bus", DEFAULT_BUS_RULES): sum(
                1 for _ in bus.rules(session, "default")
            ),
        }
        for (code, what, more), number in used.items():
            limit = _quota(session, "events", code)
            told = f"{number} of {limit} {what} are in use"
            full = number + more > limit
            advice = RAISE.format(service="events", code=code, value=2 * limit) if full else ""
            findings.append(Finding("eventbridge", Verdict.BAD if full else Verdict.OK, told, advice))
    return findings


def _quota(session: boto3.Session, service: str, code: str) -> int:
    """The account's value, or the default. Service Quotas knows the first only of accounts that have one.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    https://github.com/aws/aws-cli/issues/6629
    """
    client = session.client("service-quotas")
    try:
        quota = client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
    except client.exceptions.NoSuchResourceException:
        quota = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
    return int(quota["Value"])


def of_deployed(session: boto3.Session, stack: str) -> list[Finding]:
    """The same for a stack that exists, from its event source mappings: needs no checkout."""
    findings = Findings()
    about = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in about.get("Parameters", [])}
    with findings.reading("concurrency"):
        limit, asked = executions(session), sum(_asked(session, stack))
        patient = int(values.get("MaxReceiveCount", 0)) >= concurrency.PATIENT
        told = f"the account allows {limit:,} executions at once, and the stack asks for up to {asked:,}"
        fits = asked <= limit
        findings.append(
            Finding("concurrency", Verdict.OK, told)
            if fits or patient
            else Finding(
                "concurrency",
                Verdict.BAD,
                f"{told}: throttled messages become dead letters",
                "Deploy it again (imagebus deploy sets what fits). "
                + RAISE.format(service="lambda", code=EXECUTIONS, value=1000),
            )
        )
    if values.get("LabelProvider") == "rekognition":
        with findings.reading("rekognition"):
            rate = rekognition_rate(session, values.get("AnalysisFeatures", "labels"))
            finding, _ = _rekognition(rate, 0, values, values)
            findings.append(finding)
    return findings


def _asked(session: boto3.Session, stack: str) -> Iterator[int]:
    for page in session.client("lambda").get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            queue = str(mapping.get("EventSourceArn", "")).rpartition(":")[2]
            ours = queue.startswith((f"{stack}_", f"{stack}-UndeliveredQueue-"))
            if ours and mapping.get("State") in {"Enabled", "Enabling", "Creating"}:
                yield int(mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 0))
