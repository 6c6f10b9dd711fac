"""The recording of IAM's decisions is read while the emulator writes it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.decisions import Decision, Recording


def line(resource: str) -> str:
    return json.dumps({"role": "r", "action": "s3:GetObject", "resource": resource, "allowed": True}) + "\n"


def test_a_line_that_is_half_written_counts_once_it_is_whole(tmp_path: Path):
    recording = Recording(tmp_path / "iam.jsonl")
    assert recording.position() == 0
    second = line("second")
    recording.path.write_text(line("first") + second[:30])

    before = recording.position()
    assert recording.since(before) == []
    recording.path.write_text(line("first") + second + line("third")[:5])

    assert recording.since(before) == [Decision("r", "s3:GetObject", "second", allowed=True)]
