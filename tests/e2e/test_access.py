"""Every permission of every function is used, and removing one makes the function fail.

Each function is invoked (`probes`) so that it makes every call it ever makes. IAM is enforced. Its decisions
are recorded and compared with security/matrix.yml in both directions. Then each permission is removed in
turn, and the probes that need it must fail.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import pytest

from tests.e2e import api_probes
from tests.e2e.decisions import Decision, Recording
from tests.e2e.harness import Pipeline
from tests.e2e.probes import LETTERS, PROBES, SCHEDULED_FUNCTIONS, Answer, Bench, Probe
from tests.e2e.roles import Statement, without
from tools.security.matrix import Entry, as_list, load

pytestmark = pytest.mark.embedded("it reads the IAM decisions that the emulator records")

#: Reading an empty queue takes a second, and this function reads ten, so it is proved beside the others.
#: The API's probes call it, so they come last.
PATIENT = "FailuresFunction"
FUNCTIONS = sorted(
    {entry.permission.function for entry in load() if entry.by == "code" and not entry.not_shown},
    key=lambda function: (function in (PATIENT, "ApiFunction"), function != PATIENT, function),
)


ALL: Mapping[str, Mapping[str, Probe]] = {**PROBES, "ApiFunction": api_probes.PROBES}


@cache
def entries(function: str) -> tuple[Entry, ...]:
    """The permissions that the function's own code uses and the embedded AWS can show."""
    return tuple(
        entry
        for entry in load()
        if entry.permission.function == function and entry.by == "code" and not entry.not_shown
    )


@pytest.fixture(scope="module")
def bench(pipeline: Pipeline, recording: Recording) -> Iterator[Bench]:
    if not recording.path.exists():
        pytest.skip("the local AWS was up already, and does not record: imagebus local down")
    bench = Bench(pipeline, recording)
    with bench.without_the_schedule():
        yield bench
    pipeline.settled()


@pytest.fixture(scope="module")
def beside(bench: Bench) -> Iterator[Future[None]]:
    assert bench.events, "what both threads make their probes from"
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(prove, bench, PATIENT)


@contextmanager
def nobody_else(bench: Bench, function: str) -> Iterator[None]:
    """Pauses polling, so that what a probe leaves in a queue waits for that probe, as for a scheduled run."""
    if function not in SCHEDULED_FUNCTIONS:
        yield
        return
    with bench.pipeline.unpolled(function):
        yield
        for queue in LETTERS if function == "FailuresFunction" else ():
            bench.pipeline.client("sqs").purge_queue(QueueUrl=bench.resource(queue))


def covers(entry: Entry, decision: Decision, bench: Bench) -> bool:
    return entry.permission.action == decision.action and fnmatch.fnmatchcase(
        decision.resource, bench.arn(entry.permission.resource)
    )


@contextmanager
def taken_away(entry: Entry, bench: Bench) -> Iterator[None]:
    """The role without this one action on this one resource."""
    wanted, resource = entry.permission.action, bench.arn(entry.permission.resource)

    def keep(statement: Statement) -> list[Statement]:
        actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
        if resource not in resources or wanted not in actions:
            return [statement]
        rest = [action for action in actions if action != wanted]
        others = [one for one in resources if one != resource]
        kept = [{**statement, "Action": rest}] if rest else []
        return [*kept, {**statement, "Resource": others}] if others else kept

    with without(bench.iam, bench.role(entry.permission.function), keep):
        yield


def ask(bench: Bench, function: str, probe: str) -> tuple[Answer, list[Decision]]:
    """Runs a probe. Returns its result and IAM's decisions for the function meanwhile."""
    payload = ALL[function][probe](bench)
    before = bench.recording.position()
    answer = api_probes.call(bench, payload) if function == "ApiFunction" else bench.invoke(function, payload)
    mine = [each for each in bench.recording.since(before) if each.role == bench.role(function)]
    return answer, mine


@pytest.mark.e2e
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_is_allowed_every_permission_is_used_and_needed(
    bench: Bench, beside: Future[None], function: str
) -> None:
    if function == PATIENT:
        beside.result()
    else:
        prove(bench, function)


def prove(bench: Bench, function: str) -> None:
    with nobody_else(bench, function):
        prove_alone(bench, function)


def prove_alone(bench: Bench, function: str) -> None:
    needs: dict[Entry, list[str]] = {entry: [] for entry in entries(function)}
    for probe in ALL[function]:
        answer, decisions = ask(bench, function, probe)
        assert function != "ApiFunction" or not answer.failed, f"{probe}: {answer}"
        assert decisions, f"{probe}: no call was made"
        assert [each for each in decisions if not each.allowed] == [], probe
        for decision in decisions:
            matching = [entry for entry in needs if covers(entry, decision, bench)]
            assert matching, f"{decision} is not in security/matrix.yml"
            for entry in matching:
                needs[entry].append(probe)
    assert [entry.permission for entry, probes in needs.items() if not probes] == [], "never used"
    for entry, probes in needs.items():
        with taken_away(entry, bench):
            missed = any(misses(entry, bench, probe) for probe in dict.fromkeys(probes))
        assert missed, f"{function} does as well without {entry.permission}"


def misses(entry: Entry, bench: Bench, probe: str) -> bool:
    """Whether the probe is denied the permission, and fails because of it.

    The function also handles other work meanwhile, so a probe may see calls that it did not make.
    """
    answer, decisions = ask(bench, entry.permission.function, probe)
    return answer.failed and any(covers(entry, each, bench) for each in decisions if not each.allowed)
