"""The work shared by all services that derive something from a validated image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagebus.bus import EventBus
from imagebus.clock import Clock
from imagebus.events import Event, EventData, caused_by
from imagebus.events.validator import ImageValidated
from imagebus.identity import derived_prefix
from imagebus.inbox import Delivery
from imagebus.meter import Meter
from imagebus.objects import ObjectRef, ObjectStore, Superseded
from imagebus.telemetry import logger, set_log_context


@dataclass(frozen=True, slots=True)
class Output:
    """An object to write, and its name below the folder of the image and revision."""

    name: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """The fact to publish and the objects that it names. The discriminator is the recipe that made them."""

    fact: EventData
    outputs: Sequence[Output] = ()
    discriminator: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A validated image to derive something from. Outputs are written below `prefix`."""

    event: Event[ImageValidated]
    data: bytes
    prefix: str
    meter: Meter


Work = Callable[[Job], Derivation]


class Worker:
    """Reads the pinned original, calls `work`, writes the outputs, and only then publishes the fact.

    An upload that is superseded meanwhile leaves no object and no event.
    """

    def __init__(self, bus: EventBus, objects: ObjectStore, clock: Clock, bucket: str, work: Work) -> None:
        self._bus = bus
        self._objects = objects
        self._clock = clock
        self._bucket = bucket
        self._work = work

    def __call__(self, delivery: Delivery) -> None:
        meter = Meter(self._clock)
        event = delivery.event(ImageValidated)
        meta = event.meta
        set_log_context(meta)
        ref = ObjectRef(event.data.bucket, meta.image_key, meta.version_id, event.data.etag)
        try:
            data = self._objects.get(ref)
        except Superseded:
            logger().info("superseded")
            return
        meter.bytes_in = len(data)
        prefix = derived_prefix(meta.image_key, meta.revision)
        derivation = self._work(Job(event, data, prefix, meter))
        keys = self._write(prefix, derivation.outputs, meter)
        # Check after writing: the cleaner may have run before, and nobody else removes these objects.
        if keys and not self._objects.is_current(ref):
            self._objects.delete(self._bucket, keys)
            logger().info("superseded")
            return
        fact = caused_by(
            meta,
            derivation.fact,
            clock=self._clock,
            discriminator=derivation.discriminator,
            usage=meter.usage(),
        )
        self._bus.publish([fact])
        logger().info(fact.detail_type, extra={"billed_ms": fact.meta.usage.billed_ms})

    def _write(self, prefix: str, outputs: Sequence[Output], meter: Meter) -> list[str]:
        keys = []
        for output in outputs:
            self._objects.put(self._bucket, prefix + output.name, output.body, output.content_type)
            keys.append(prefix + output.name)
            meter.bytes_out += len(output.body)
        return keys
