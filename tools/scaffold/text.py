"""What documents and comments say about an event."""

from __future__ import annotations

import inspect

from imagebus.events import Contract


def summary(model: type[Contract]) -> str:
    """The first paragraph of the event's description, on one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].split())
