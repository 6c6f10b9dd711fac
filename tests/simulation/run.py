"""Runs one seed, from its first upload until the world comes to rest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random

from imagebus.testing.dynamodb import Table
from tests.simulation import functions, invariants, pixels, wiring
from tests.simulation.faults import Death
from tests.simulation.story import Story, weather
from tests.simulation.world import Weather, World

#: Virtual seconds after which a world that has not come to rest never will.
HORIZON = 12 * 3600
SWEEP_EVERY = 60

WHEN = ("before", "after")
OTHERS = ("ingest", "validator", "thumbnailer", "watermarker", "metadata", "labels", "notifier", "cleaner")


@dataclass(frozen=True)
class SeedReport:
    """`fingerprint` identifies everything that happened: a seed has the same one on every machine."""

    seed: int
    violations: tuple[str, ...]
    events: int
    #: by function
    side_effects: Mapping[str, int]
    fingerprint: str


class Restless(Exception):
    """The world did not come to rest."""


def run_seed(seed: int) -> SeedReport:
    random = Random(seed)
    if random.random() < 0.3:
        deaths = [Death("recorder", random.randrange(20), random.choice(WHEN)) for _ in range(2)]
        deaths.append(Death(random.choice(OTHERS), random.randrange(3), random.choice(WHEN)))
        return run_deaths(seed, frozenset(deaths))
    world = World(random, weather(random))
    story = Story(world, random)
    story.begin()
    return finish(seed, story)


def run_deaths(seed: int, deaths: frozenset[Death]) -> SeedReport:
    """One upload without faults except these deaths, and without a sweeper to clean up after them."""
    random = Random(seed)
    world = World(random, Weather(), deaths)
    story = Story(world, random, sweeping=False)
    world.s3.put_object(Bucket=wiring.UPLOADS, Key="one.png", Body=pixels.GOOD)
    return finish(seed, story)


def finish(seed: int, story: Story) -> SeedReport:
    with (
        pixels.installed(),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
    ):  # metrics are printed
        try:
            violations = tuple(_live(story))
        except Restless as error:
            violations = (str(error),)
    world = story.world
    return SeedReport(
        seed, violations, len(world.events.archive), dict(world.faults.side_effects), fingerprint(world)
    )


def _live(story: Story) -> Iterator[str]:
    world = story.world
    if not story.sweeping:
        settle(world)
        yield from invariants.unannounced(world)
        yield from _undisturbed_projections(world)
    _sweep_for_ever(world)
    settle(world, lambda: any(invariants.unfinished(world)))
    yield from invariants.unfinished(world)
    yield from _undisturbed_projections(world)
    # The faulty phase is over: retry by hand whatever failed, until it succeeds.
    world.faults.over = True
    for attempt in range(4):
        if not story.retry(everything=attempt == 0):
            break
        settle(world, lambda: any(invariants.unfinished(world)))
    if any(invariants.failures_of_failures(world)):
        story.replay("replay")  # what the runbook tells the operator to do about quarantined messages
        settle(world)
    yield from _checks(story)


def _undisturbed_projections(world: World) -> Iterable[str]:
    """Without an operator, unless the recorder lost an event twice: then an alarm calls one."""
    return () if any(invariants.failures_of_failures(world)) else invariants.projections(world)


def _checks(story: Story) -> Iterable[str]:
    world = story.world
    yield from invariants.outcomes(story)
    yield from invariants.projections(world)
    yield from invariants.announcements(world)
    yield from invariants.log_and_archive(world)
    yield from invariants.objects(story)
    yield from invariants.quarantine(story)
    yield from invariants.queues(world)
    yield from invariants.replay(world, story.random)


def settle(world: World, restless=lambda: False) -> None:  # type: ignore[no-untyped-def]
    """Runs until the world is at rest, and then until the schedule has done what is expected of it."""
    scheduler = world.scheduler
    end = scheduler.seconds + HORIZON
    patience = 0
    while scheduler.pending or (restless() and patience < 40):
        patience = 0 if scheduler.pending else patience + 1
        scheduler.step()
        if scheduler.seconds > end:
            raise Restless(f"after {HORIZON} s something still moves: {busy(world)}")


def busy(world: World) -> list[str]:
    return [f"{url}: {world.sqs.depth(url)}" for url in world.sqs.queues if world.sqs.depth(url)]


def _sweep_for_ever(world: World) -> None:
    def tick() -> None:
        world.scheduler.start(_swallow(functions.build_sweeper(world)), wiring.FUNCTION_TIMEOUT)
        world.scheduler.after(SWEEP_EVERY, tick, background=True)

    world.scheduler.after(SWEEP_EVERY, tick, background=True)


def _swallow(sweep):  # type: ignore[no-untyped-def]
    """Lambda logs what fails in a sweep; the next sweep finds the same images."""

    def run() -> None:
        try:
            sweep()
        except Exception:  # noqa: BLE001
            return

    return run


def fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    tables: list[Table] = [world.dynamodb.tables[wiring.STATUS], world.dynamodb.tables[wiring.LEDGER]]
    for table in tables:
        digest.update(
            repr(sorted((table.key(item), sorted(item.items(), key=str)) for item in table.items())).encode()
        )
    digest.update(repr([request["Subject"] for request in world.sns.published]).encode())
    digest.update(repr(world.scheduler.seconds).encode())
    return digest.hexdigest()[:16]
