"""webhooks, tested with the pipeline's golden events: examples of what the bus delivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from webhooks.handler import receive

from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import sqs_record

EVENTS = sorted((Path(__file__).parent / "events").glob("*.json"))


def delivered(envelope: dict[str, Any]) -> dict[str, Any]:
    """The function's response to this event from its inbox."""
    return Inbox(one_by_one(receive))({"Records": [sqs_record(json.dumps(envelope))]})


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_event_that_the_rule_lets_through_is_handled(path: Path) -> None:
    assert delivered(json.loads(path.read_text(encoding="utf-8"))) == {"batchItemFailures": []}


def test_an_event_that_was_not_subscribed_to_is_refused() -> None:
    stranger = {"source": "somebody.else", "detail-type": "SomethingElse", "detail": {}}
    assert delivered(stranger) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
