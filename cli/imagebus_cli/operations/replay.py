"""Replay the archive: the time window, the rules it is sent to, and its progress."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imagebus.bus import OVER
from imagebus.naming import REPLAY_ELSEWHERE, rule_name
from imagebus_cli.moments import moment
from imagebus_cli.output.text import count
from imagebus_cli.problem import Problem
from imagebus_cli.stack import bus
from imagebus_cli.stack.deployed import Stack

#: How long an event may take to reach the archive.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
ARCHIVE_DELAY = timedelta(minutes=10)

#: An archive goes by the times of the events, which are their producers' clocks. More costs nothing.
MARGIN = timedelta(minutes=5)

#: Where uploads never leave an inbox empty: looks after the replay's end, and messages that may be theirs.
BUSY_LOOKS, LIVE = 60, 10


@dataclass(frozen=True)
class Window:
    start: datetime
    end: datetime


def with_margin(span: Window, now: datetime) -> Window:
    """The window for events whose clocks may differ from ours; it does not end in the future."""
    return Window(span.start - MARGIN, max(span.end, min(span.end + MARGIN, now)))


@dataclass(frozen=True)
class Progress:
    """`waiting`: messages in the inboxes that receive the replay."""

    state: str
    reached: datetime | None
    waiting: int

    def __str__(self) -> str:
        reached = f", at {self.reached:%H:%M:%S}" if self.reached else ""
        return f"{self.state.lower()}{reached}, {count(self.waiting, 'event')} waiting in the inbox"


def window(stack: Stack, start: str | None, end: str | None) -> Window:
    """The default is from the start of the archive until now. Raises Problem if it is empty."""
    if start is None:
        created = bus.archive_created(stack)
    found = Window(moment(start) if start else created, moment(end) if end else datetime.now(UTC))
    if found.start >= found.end:
        raise Problem("--from is not before --to.", "Note that times without a zone are UTC.", exit_code=2)
    return found


def archived_at(stack: Stack, end: datetime) -> datetime:
    """When all events until `end` are in the archive. The emulator archives without delay."""
    return end if stack.endpoint else end + ARCHIVE_DELAY


def rules(stack: Stack, names: Sequence[str], consumers: Sequence[str] = ()) -> list[str]:
    """ARNs of the rules named by ARN, by name, by stage (`recorder`) or by the stack of their consumer.

    Raises Problem, also for a rule that excludes replays: EventBridge would send it nothing, and say that
    the replay completed.
    """
    if not names and not consumers:
        return [stack.outputs["RecorderRuleArn"]]
    there = bus.rules_of(stack)
    chosen = [_rule(there, name, rule_name(stack.outputs["EventBusName"], name)) for name in names]
    for consumer in consumers:
        chosen += _of_consumer(there, consumer, stack.outputs["EventBusName"])
    for each in chosen:
        if not each.takes_replays:
            takers = ", ".join(sorted(rule.name for rule in there if rule.takes_replays))
            raise Problem(
                f"The rule {each.name} excludes replays, so it would receive nothing.",
                f"Rules that receive replays: {takers or 'none'}.",
            )
    return list(dict.fromkeys(each.arn for each in chosen))


def _of_consumer(there: Sequence[bus.Rule], name: str, pipeline: str) -> list[bus.Rule]:
    """The rules of a consumer's stack that receive replays. consumer.yml names them after the stack."""
    own = [each for each in there if each.name == name or each.name.startswith(f"{name}_")]
    if name == pipeline or name.startswith(f"{pipeline}_") or not own:
        others = sorted({each.name for each in there if not each.name.startswith(f"{pipeline}_")})
        raise Problem(
            f"No consumer {name} listens to this pipeline.",
            f"Consumers (by stack): {', '.join(others) or 'none'}. For a stage, use --rule.",
        )
    takers = [each for each in own if each.takes_replays]
    if not takers:
        raise Problem(
            f"The consumer {name} excludes replays, so it would receive nothing.",
            'Set Replays: "true" in its template.yml and deploy it, if it may handle an event twice.',
        )
    return takers


def _rule(there: Sequence[bus.Rule], wanted: str, of_stage: str) -> bus.Rule:
    matching = [each for each in there if wanted in (each.name, each.arn) or each.name == of_stage]
    if len(matching) != 1:
        names = ", ".join(sorted(each.name for each in there))
        raise Problem(f"The bus has no rule {wanted!r}.", f"It has: {names}.")
    return matching[0]


def start(stack: Stack, span: Window, rule_arns: Sequence[str]) -> str:
    """Start the replay and return its name."""
    begin = "imagebus-" if stack.outputs.get("RecorderRuleArn") in rule_arns else REPLAY_ELSEWHERE
    name = f"{begin}{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    bus.replay(stack, name, span.start, span.end, rule_arns)
    return name


def follow(
    stack: Stack, name: str, rule_arns: Sequence[str], show: Callable[[Progress], None], *, pause: float = 1.0
) -> str:
    """Wait until the replay has ended and its inboxes are empty; return its final state.

    On a busy stack they never are: after a minute, a few messages count as those of live events.
    """
    urls = [url for arn in rule_arns for url in bus.inboxes(stack, arn)]
    quiet = over = 0
    while True:
        state, reached = bus.replay_state(stack, name)
        waiting = sum(_depth(stack, url) for url in urls)
        show(Progress(state, reached, waiting))
        # Twice in a row: queue sizes are approximate, and an event may be between bus and queue.
        over += state in OVER
        quiet = quiet + 1 if over and waiting <= (LIVE if over > BUSY_LOOKS else 0) else 0
        if quiet == 2 or state in ("CANCELLED", "FAILED"):
            return state
        time.sleep(pause)


def _depth(stack: Stack, url: str) -> int:
    attributes = stack.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, attributes.values()))
