"""What consumer.yml calls the rule and the queues of a stage, so that nothing needs a list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagebus.events.catalog import STAGES

# STACK_STAGE is a rule, STACK_STAGE_dead_letters a queue. Neither a stack nor a stage has an underscore.
_ARN = re.compile(r"[:/][^:/_]+_(?P<stage>[^:/_]+)(_dead_letters)?")

#: How the names of replays begin that the command sends to other rules than the recorder's.
REPLAY_ELSEWHERE = "imagebus-elsewhere-"


def rule_name(stack: str, stage: str) -> str:
    return f"{stack}_{stage}"


def dead_letters_name(stack: str, stage: str) -> str:
    return f"{stack}_{stage}_dead_letters"


def inbox_urls(pattern: str) -> Mapping[str, str]:
    """Stage -> URL. `pattern` is a URL with `{stage}` in it, as the template's INBOX_URLS."""
    return {stage.name: pattern.replace("{stage}", stage.name) for stage in STAGES}


def stage_of(arn: str) -> str | None:
    """The stage that a rule or a queue of dead letters belongs to."""
    found = _ARN.search(arn)
    return found["stage"] if found and found.end() == len(arn) else None
