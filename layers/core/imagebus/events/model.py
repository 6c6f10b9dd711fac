"""What contracts are made of: strict, frozen models, and the kinds of text and numbers in their fields."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar, dataclass_transform

import msgspec

Timestamp = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z\Z")]
EventId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
ImageKey = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Revision = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{32,64}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class NotAnEvent(Exception):
    """The message is not an EventBridge event."""


class UnknownEvent(NotAnEvent):
    """The detail type is not in the catalog, or its version is newer than this code."""


class InvalidEvent(NotAnEvent):
    """The detail breaks its contract. The message names the field but not its value, which is user data."""


_T = TypeVar("_T", bound="_ModelType")


class _ModelType(msgspec.StructMeta):
    """Sets what msgspec does not let a class inherit."""

    def __new__(
        cls: type[_T], name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> _T:
        return super().__new__(cls, name, bases, namespace, **options | {"frozen": True, "kw_only": True})


_prepared: set[type] = set()
_preparing = threading.Lock()


def prepare(struct: type[msgspec.Struct]) -> None:
    """Let msgspec learn the type in one thread alone.

    It does so when the type is first used, and a second thread that uses the type meanwhile, or one inside
    it, reads what is only half there: the process crashes.
    """
    if struct not in _prepared:
        with _preparing:
            msgspec.json.Decoder(struct)
            _prepared.add(struct)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Model(msgspec.Struct, metaclass=_ModelType, frozen=True, kw_only=True):
    """Frozen, strict (a number is never read from text) and tolerant of fields added later.

    What is read is always valid; what is created is checked when it becomes an event.
    """

    def as_json(self) -> dict[str, Any]:
        """JSON-ready; absent optional fields are omitted."""
        fields = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: _as_json(value) for name, value in fields if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises InvalidEvent if the schema forbids the value."""
        prepare(cls)
        try:
            return msgspec.json.decode(json.dumps(value), type=cls)
        except msgspec.DecodeError as error:
            raise InvalidEvent(_without_values(str(error))) from None


def _as_json(value: Any) -> Any:
    if isinstance(value, Model):
        return value.as_json()
    return [_as_json(each) for each in value] if isinstance(value, tuple) else value


def _without_values(message: str) -> str:
    return re.sub(r"^Invalid enum value .* - at `", "Invalid enum value - at `", message, flags=re.DOTALL)
