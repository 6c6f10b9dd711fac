"""The contracts: one module per producer, `catalog` in flow order.

Kept free of imports of the producers' modules: a Lambda function loads the events it handles, nothing else.
"""

from imagebus.events.base import (
    Event,
    EventData,
    InvalidEvent,
    Meta,
    NotAnEvent,
    UnknownEvent,
    Usage,
    caused_by,
    new_event,
    read,
)

__all__ = [
    "Event",
    "EventData",
    "InvalidEvent",
    "Meta",
    "NotAnEvent",
    "UnknownEvent",
    "Usage",
    "caused_by",
    "new_event",
    "read",
]
