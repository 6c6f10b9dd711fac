"""The contracts: one module per producer, `catalog` in flow order.

Kept free of imports of the producers' modules: a Lambda function loads the events it handles, nothing else.
"""

from imagebus.events.base import (
    AnyEvent,
    Contract,
    Event,
    EventData,
    Meta,
    StackData,
    StackEvent,
    StackMeta,
    Usage,
    about_stack,
    caused_by,
    new_event,
    read,
)
from imagebus.events.model import InvalidEvent, NotAnEvent, UnknownEvent

__all__ = [
    "AnyEvent",
    "Contract",
    "Event",
    "EventData",
    "InvalidEvent",
    "Meta",
    "NotAnEvent",
    "StackData",
    "StackEvent",
    "StackMeta",
    "UnknownEvent",
    "Usage",
    "about_stack",
    "caused_by",
    "new_event",
    "read",
]
