"""What every service that derives something from a validated image does around its own work."""

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
    """An object to write, and below which name of the image's and revision's own folder."""

    name: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Result:
    """The fact to announce and the objects it speaks of. The discriminator is the recipe that made them."""

    fact: EventData
    outputs: Sequence[Output] = ()
    discriminator: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A validated image to derive something from; outputs will stand below `prefix`."""

    event: Event[ImageValidated]
    data: bytes
    prefix: str
    meter: Meter


Work = Callable[[Job], Result]


class Worker:
    """Reads the pinned original, lets `work` derive, writes the outputs, and only then announces them.

    What is superseded meanwhile leaves no object and no event.
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
        result = self._work(Job(event, data, prefix, meter))
        keys = self._write(prefix, result.outputs, meter)
        # After the write, not before: the cleaner may have run in between, and nobody would remove these.
        if keys and not self._objects.is_current(ref):
            self._objects.delete(self._bucket, keys)
            logger().info("superseded")
            return
        fact = caused_by(
            meta, result.fact, clock=self._clock, discriminator=result.discriminator, usage=meter.usage()
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
