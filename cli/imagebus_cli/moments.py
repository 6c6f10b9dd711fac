"""Moments as a person writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from imagebus.clock import RFC_3339, parse_moment
from imagebus_cli.problem import Problem

EXAMPLES = "2026-11-21T08:00:00Z, 2026-11-21, 30s, 90m, 1h30m, 36h, 7d, 2w"
UNITS = ("weeks", "days", "hours", "minutes", "seconds")
#: Each unit at most once, by its first letter, the largest first.
AGE = re.compile("".join(f"(?:(?P<{unit}>[0-9]+){unit[0]})?" for unit in UNITS))


def moment(text: str) -> datetime:
    """ISO 8601, or an age: `30s`, `1h30m`, `7d`, `2w`. Raises Problem.

    A time without a zone is UTC, and a date is its first moment. Whatever the API accepts is valid here too.
    """
    try:
        if text and (age := AGE.fullmatch(text)):
            return datetime.now(UTC) - timedelta(**{unit: int(age[unit] or 0) for unit in UNITS})
        if RFC_3339.fullmatch(text):
            return parse_moment(text)
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Problem(f"{text!r} is not a valid time.", f"Examples: {EXAMPLES}.", exit_code=2) from None
