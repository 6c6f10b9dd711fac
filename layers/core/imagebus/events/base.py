"""The envelope that every event shares: `{"meta": …, "data": …}` in EventBridge's `detail`."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, dataclass_transform, overload

import msgspec

from imagebus import identity
from imagebus.clock import Clock, timestamp

SOURCE_PREFIX = "imagebus."

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


class Usage(Model):
    """The resources that producing this event took, so that costs can be summed from events alone."""

    billed_ms: Count = 0
    memory_mb: Count = 0
    bytes_in: Count = 0
    bytes_out: Count = 0
    rekognition_calls: Count = 0


# No docstring: released schemas have no description here.
class Meta(Model):
    event_id: EventId
    schema_version: Annotated[int, msgspec.Meta(ge=1)]
    image_key: ImageKey
    revision: Revision
    version_id: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None
    correlation_id: EventId
    causation_id: EventId | None = None
    occurred_at: Timestamp
    producer: Name
    usage: Usage = Usage()


class StackMeta(Model):
    """Of an event about the stack as a whole."""

    event_id: EventId
    schema_version: Annotated[int, msgspec.Meta(ge=1)]
    occurred_at: Timestamp
    producer: Name


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Contract(Model):
    """A fact. The class name is the DetailType; subclasses name the producer."""

    meta_type: ClassVar[type[Meta] | type[StackMeta]]
    producer: ClassVar[str]
    detail_type: ClassVar[str]
    #: `upcasters[n]` turns data of version n + 1 into data of version n + 2.
    upcasters: ClassVar[tuple[Upcaster, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.detail_type = cls.__name__

    @classmethod
    def version(cls) -> int:
        """The newest schema version; each upcaster adds one."""
        return len(cls.upcasters) + 1

    @classmethod
    def upcast(cls, data: Mapping[str, Any], version: int) -> dict[str, Any]:
        """Data of any released version as data of the newest.

        Raises UnknownEvent for a newer version, NotAnEvent for data that the version's own schema forbids.
        """
        if version > cls.version():
            raise UnknownEvent(f"{cls.detail_type} version {version} is newer than {cls.version()}")
        try:
            newest = dict(data)
            for upcaster in cls.upcasters[version - 1 :]:
                newest = upcaster(newest)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # name the field if possible, but never the value: it is user data
            what = error if isinstance(error, KeyError) else type(error).__name__
            raise NotAnEvent(f"{cls.detail_type} breaks version {version} of its contract: {what}") from error
        return newest


class EventData(Contract):
    """A fact about one revision of an image."""

    meta_type = Meta


class StackData(Contract):
    """A fact about the stack as a whole. It is in no image's log."""

    meta_type = StackMeta


D = TypeVar("D", bound=EventData)
S = TypeVar("S", bound=StackData)
C_co = TypeVar("C_co", bound=Contract, covariant=True)
D_co = TypeVar("D_co", bound=EventData, covariant=True)
S_co = TypeVar("S_co", bound=StackData, covariant=True)


@dataclass(frozen=True, slots=True)
class _Fact(Generic[C_co]):
    meta: Meta | StackMeta
    data: C_co

    @property
    def detail_type(self) -> str:
        return self.data.detail_type

    @property
    def source(self) -> str:
        return SOURCE_PREFIX + self.data.producer

    def detail(self) -> dict[str, Any]:
        return {"meta": self.meta.as_json(), "data": self.data.as_json()}


@dataclass(frozen=True, slots=True)
class Event(_Fact[D_co]):
    """A fact about one revision of one image, with its metadata."""

    meta: Meta


@dataclass(frozen=True, slots=True)
class StackEvent(_Fact[S_co]):
    """A fact about the stack, with its metadata."""

    meta: StackMeta


AnyEvent = Event[EventData] | StackEvent[StackData]


@overload
def read(model: type[D], detail: Mapping[str, Any]) -> Event[D]: ...


@overload
def read(model: type[S], detail: Mapping[str, Any]) -> StackEvent[S]: ...


@overload
def read(model: type[Contract], detail: Mapping[str, Any]) -> AnyEvent: ...


def read(model: type[Contract], detail: Mapping[str, Any]) -> Any:
    """Read an event of any released version as the newest version.

    Raises UnknownEvent for a newer version, InvalidEvent for a detail that breaks its contract.
    """
    meta = model.meta_type.from_json(detail.get("meta") or {})
    data = model.from_json(model.upcast(detail.get("data") or {}, meta.schema_version))
    return _event(msgspec.structs.replace(meta, schema_version=model.version()), data)


def _event(meta: Any, data: Contract) -> Any:
    return StackEvent(meta, data) if isinstance(data, StackData) else Event(meta, data)


def _checked(meta: Meta | StackMeta, data: Contract) -> Any:
    """Our own events keep the contract as well. Raises InvalidEvent."""
    return _event(type(meta).from_json(meta.as_json()), type(data).from_json(data.as_json()))


def new_event(
    data: D,
    *,
    image_key: str,
    revision: str,
    clock: Clock,
    version_id: str | None = None,
    discriminator: str = "",
    usage: Usage | None = None,
) -> Event[D]:
    """An event without a cause; it starts a new correlation."""
    event_id = identity.event_id(data.detail_type, image_key, revision, discriminator)
    meta = Meta(
        event_id=event_id,
        schema_version=data.version(),
        image_key=image_key,
        revision=revision,
        version_id=version_id,
        correlation_id=event_id,
        occurred_at=timestamp(clock.now()),
        producer=data.producer,
        usage=usage or Usage(),
    )
    event: Event[D] = _checked(meta, data)
    return event


def caused_by(
    cause: Meta, data: D, *, clock: Clock, discriminator: str = "", usage: Usage | None = None
) -> Event[D]:
    """An event caused by another one, about the same revision of the same image."""
    meta = Meta(
        event_id=identity.event_id(data.detail_type, cause.image_key, cause.revision, discriminator),
        schema_version=data.version(),
        image_key=cause.image_key,
        revision=cause.revision,
        version_id=cause.version_id,
        correlation_id=cause.correlation_id,
        causation_id=cause.event_id,
        occurred_at=timestamp(clock.now()),
        producer=data.producer,
        usage=usage or Usage(),
    )
    event: Event[D] = _checked(meta, data)
    return event


def about_stack(data: S, *, stack: str, occurred_at: str, discriminator: str) -> StackEvent[S]:
    """An event about the stack. `stack` is a name that no other stack has."""
    meta = StackMeta(
        event_id=identity.stack_event_id(data.detail_type, stack, discriminator),
        schema_version=data.version(),
        occurred_at=occurred_at,
        producer=data.producer,
    )
    event: StackEvent[S] = _checked(meta, data)
    return event
