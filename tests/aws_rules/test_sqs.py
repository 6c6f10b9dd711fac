"""A message of SQS may hold fewer characters than a key of S3."""

from __future__ import annotations

import json
import re

import pytest

from imagebus.bus import bus_entry
from imagebus.identity import canonical_json
from tests.unit.core.events import uploaded

#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@pytest.mark.parametrize("code", [0x00, 0x01, 0x0B, 0x1F, 0x7F, 0x85, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF])
def test_an_event_about_any_key_fits_into_a_message(code: int):
    key = f"a{chr(code)}b.jpg"
    detail = bus_entry(uploaded(key), "bus")["Detail"]
    assert REFUSED.search(detail) is None
    assert json.loads(detail)["meta"]["image_key"] == key


def test_a_text_that_was_escaped_before_stays_another_one():
    assert canonical_json("\\ufffe") != canonical_json("\ufffe")
