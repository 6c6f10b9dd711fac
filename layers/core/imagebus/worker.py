"""The work shared by all services that derive something from a validated image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from imagebus.bus import EventBus
from imagebus.clock import Clock
from imagebus.events import Event, EventData, caused_by
from imagebus.events.recipes import DerivationRequested
from imagebus.events.validator import ImageValidated
from imagebus.identity import derived_prefix
from imagebus.image_types import OUTPUT_EXTENSIONS
from imagebus.inbox import Delivery, RetryLater
from imagebus.meter import Meter
from imagebus.objects import Contradiction, ObjectRef, ObjectStore, Superseded
from imagebus.telemetry import logger, set_log_context

if TYPE_CHECKING:
    from imagebus.events.analyzer import Box
    from imagebus.events.thumbnailer import Thumbnail
    from imagebus.events.watermarker import Copy
    from imagebus.recipes.model import Recipe
    from imagebus.recipes.store import Recipes

#: While a stack is updated, images can arrive whose validator knew no recipes yet.
UPGRADE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class DerivedObject:
    """An object to write, and its name below the folder of the image and revision."""

    name: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """The fact to publish and the objects to write first. The discriminator is the recipe that made them."""

    fact: EventData
    outputs: Sequence[DerivedObject] = ()
    discriminator: str = ""


@dataclass(frozen=True)
class Job:
    """A validated image to derive something from: for the first time, or because an operator asks for more.

    Outputs are written below `prefix`. Before the work reads the upload, it adds all the names that it may
    write to `may_write`.
    """

    event: Event[ImageValidated] | Event[DerivationRequested]
    read: Callable[[], bytes]
    prefix: str
    meter: Meter
    may_write: list[str] = field(default_factory=list)

    @cached_property
    def data(self) -> bytes:
        """The original, read on first use. Raises Superseded."""
        data = self.read()
        self.meter.bytes_in = len(data)
        return data

    @property
    def request(self) -> DerivationRequested | None:
        return self.event.data if isinstance(self.event.data, DerivationRequested) else None

    def recipe(self, recipes: Recipes) -> Recipe:
        """Raises UnknownRecipe, or RetryLater until the validator has run once with this version."""
        from imagebus.recipes.store import UnknownRecipe  # not at the cold start of those who need no recipe

        if self.event.data.recipe:
            return recipes.recipe(self.event.data.recipe)
        try:
            return recipes.default()
        except UnknownRecipe as error:
            raise RetryLater(UPGRADE_SECONDS) from error

    @property
    def generation(self) -> int:
        return self.request.generation if self.request else 0

    @property
    def present(self) -> Sequence[Thumbnail]:
        """Outputs of the recipe that exist already."""
        return self.request.present if self.request else ()

    @property
    def marked(self) -> Copy | None:
        """The watermarked copy of the recipe, if it exists already."""
        return self.request.marked if self.request else None

    @property
    def faces(self) -> Sequence[Box]:
        """Nobody has looked for faces yet when an image is new."""
        return self.request.faces if self.request else ()


Work = Callable[[Job], Derivation]


def in_any_format(name: str) -> list[str]:
    """The object names of an image that may be written in any of our formats."""
    return [f"{name}.{extension}" for extension in OUTPUT_EXTENSIONS]


class Worker:
    """Reads the pinned original, calls `work`, writes the outputs, and only then publishes the fact.

    An upload that is superseded meanwhile leaves no object and no event. `stage` is the name by which a
    DerivationRequested asks for this work; without one, the worker accepts none.
    """

    def __init__(
        self, bus: EventBus, objects: ObjectStore, clock: Clock, bucket: str, work: Work, stage: str = ""
    ) -> None:
        self._bus = bus
        self._objects = objects
        self._clock = clock
        self._bucket = bucket
        self._work = work
        self._stage = stage

    def __call__(self, delivery: Delivery) -> None:
        meter = Meter(self._clock)
        event = self._event(delivery)
        meta = event.meta
        set_log_context(meta)
        ref = ObjectRef(event.data.bucket, meta.image_key, meta.version_id, event.data.etag)
        job = Job(event, lambda: self._objects.get(ref), derived_prefix(meta.image_key, meta.revision), meter)
        if job.request and self._stage not in job.request.stages:
            return
        try:
            derivation = self._work(job)
        except Superseded as error:
            if delivery.receive_count > 1:
                # An attempt that was stopped after it wrote has left objects, and nobody else removes them.
                if self._objects.is_current(ref):
                    raise Contradiction from error
                self._objects.delete(self._bucket, [job.prefix + name for name in job.may_write])
            logger().info("superseded")
            return
        keys = self._write(job.prefix, derivation.outputs, meter)
        # Check after writing: the cleaner may have run before, and nobody else removes these objects. Without
        # reading or writing, nothing else has shown that the upload is still there. If S3 contradicts itself,
        # the objects stay: the next attempt writes the same ones.
        if (keys or not meter.bytes_in) and not self._objects.is_current(ref):
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

    def _event(self, delivery: Delivery) -> Event[ImageValidated] | Event[DerivationRequested]:
        if self._stage and delivery.envelope["detail-type"] == DerivationRequested.detail_type:
            return delivery.event(DerivationRequested)
        return delivery.event(ImageValidated)

    def _write(self, prefix: str, outputs: Sequence[DerivedObject], meter: Meter) -> list[str]:
        keys = []
        for output in outputs:
            self._objects.put(self._bucket, prefix + output.name, output.body, output.content_type)
            keys.append(prefix + output.name)
            meter.bytes_out += len(output.body)
        return keys
