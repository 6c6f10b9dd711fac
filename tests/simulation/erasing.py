"""`imagebus erase` in a run: an operator erases an image at any moment, and everything else goes on."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from imagebus.erasures import DynamoDBErasures
from imagebus.store import DynamoDBEventStore
from imagebus_cli.images.erase import erase as erase_image
from imagebus_cli.images.erase import erase_leftovers
from tests.simulation import wiring
from tests.simulation.faults import Client, Faults
from tests.simulation.scheduler import TimedOut
from tests.simulation.weather import Weather

if TYPE_CHECKING:
    from tests.simulation.story import Story
    from tests.simulation.world import World


def erase(story: Story, key: str) -> None:
    """Its calls take time and never fail, but it may be interrupted. Then the operator finishes it."""
    world, begin = story.world, story.world.scheduler.seconds
    before = _erasures(world).of(key).versions
    story.erasing.add(key)

    def run() -> None:
        try:
            erase_image(_stack(world), key)
        except TimedOut:
            if _erasures(world).of(key).versions == before:
                world.scheduler.after(1, lambda: world.scheduler.start(run))
                return
            world.seen["erase interrupted"] += 1
            story.left |= {each.version_id for each in world.s3.buckets[wiring.UPLOADS].keys.get(key, ())}
            delay = story.random.uniform(0, 40)
            world.scheduler.after(delay, lambda: world.scheduler.start(finish))
        story.erasing.discard(key)
        story.erased(key, begin)

    def finish() -> None:
        erase_leftovers(_stack(world), key)

    world.seen["erase"] += 1
    interrupted = story.random.random() < 0.3
    world.scheduler.start(run, story.random.uniform(0, 0.15) if interrupted else float("inf"))


def _erasures(world: World) -> DynamoDBErasures:
    return DynamoDBErasures(world.dynamodb, wiring.ERASURES)  # type: ignore[arg-type]  # the client's fake


def _stack(world: World) -> Any:
    faults = Faults(world.scheduler, Random(0), Weather())

    def client(real: Any) -> Any:
        return Client("operator", real, faults, lambda *_: None, world.observe)

    dynamodb = client(world.dynamodb)
    return SimpleNamespace(
        s3=client(world.s3),
        uploads=wiring.UPLOADS,
        images=wiring.IMAGES,
        store=DynamoDBEventStore(dynamodb, wiring.STATUS),
        erasures=DynamoDBErasures(dynamodb, wiring.ERASURES),
    )
