"""Moments as a person writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from imagebus.clock import RFC_3339, parse_moment
from imagebus_cli.problem import Problem

EXAMPLES = "2026-11-21T08:00:00Z, 2026-11-21, 90m, 36h, 7d"
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> datetime:
    """ISO 8601, or an age: `90m`, `36h`, `7d`. Raises Problem.

    A time without a zone is UTC, and a date is its first moment. Whatever the API accepts is valid here too.
    """
    try:
        if text[-1:] in UNITS and text[:-1].isdecimal():
            return datetime.now(UTC) - timedelta(**{UNITS[text[-1]]: int(text[:-1])})
        if RFC_3339.fullmatch(text):
            return parse_moment(text)
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Problem(f"{text!r} is not a valid time.", f"Examples: {EXAMPLES}.", exit_code=2) from None
