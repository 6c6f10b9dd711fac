"""The envelope that every event shares: `{"meta": …, "data": …}` in EventBridge's `detail`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar, overload

import msgspec

from imagebus import identity
from imagebus.clock import Clock, timestamp
from imagebus.events.model import (
    Count,
    EventId,
    ImageKey,
    Model,
    Name,
    NotAnEvent,
    Revision,
    Timestamp,
    UnknownEvent,
)

SOURCE_PREFIX = "imagebus."


class Usage(Model):
    """The resources that producing this event took, so that costs can be summed from events alone."""

    billed_ms: Count = 0
    cpu_ms: Count | None = None
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
