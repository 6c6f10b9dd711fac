"""`imagebus erase` in a run: an operator erases an image at any moment, and everything else goes on."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from imagebus.erasures import DynamoDBErasures
from imagebus.store import DynamoDBEventStore
from imagebus_cli.images.erase import erase as erase_image
from tests.simulation import wiring
from tests.simulation.faults import Client, Faults
from tests.simulation.weather import Weather

if TYPE_CHECKING:
    from tests.simulation.story import Story
    from tests.simulation.world import World


def erase(story: Story, key: str) -> None:
    """Its calls take time and never fail; an operator would repeat the command if one did."""
    world, begin = story.world, story.world.scheduler.seconds
    story.erasing.add(key)

    def run() -> None:
        erase_image(_stack(world), key)
        story.erasing.discard(key)
        story.erased(key, begin)

    world.seen["erase"] += 1
    world.scheduler.start(run)


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
