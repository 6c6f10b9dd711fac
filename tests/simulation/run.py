"""Runs one seed, from its first upload until the world comes to rest."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation import functions, invariants, operating, pixels, replaying, wiring
from tests.simulation.faults import Death
from tests.simulation.modes import MODES, Mode, mode_of
from tests.simulation.story import Story
from tests.simulation.weather import Weather
from tests.simulation.world import World

#: Virtual seconds after which a world that has not come to rest never will.
HORIZON = 12 * 3600
#: ... where deliveries may take days
LATE_HORIZON = 30 * 86400
#: How soon every image finishes once all faults are over: a stall, and all retries of its report.
ALIVE_WITHIN = 3600
CUT_OFF = 2400
#: How long a schedule may take to find what is unfinished.
PATIENCE = 2400
SWEEP_EVERY = 60
RETRIES = 4

WHEN = ("before", "after")
OTHERS = ("ingest", "validator", "thumbnailer", "watermarker", "metadata", "labels", "notifier", "cleaner")


@dataclass(frozen=True)
class SeedReport:
    """`fingerprint` identifies everything that happened: a seed has the same one on every machine."""

    seed: int
    mode: str
    violations: tuple[str, ...]
    events: int
    #: by function
    side_effects: Mapping[str, int]
    #: how often which branch was taken
    seen: Mapping[str, int]
    fingerprint: str


class Restless(Exception):
    """The world did not come to rest."""


def run_seed(seed: int, name: str | None = None) -> SeedReport:
    """`name`: of a mode; the seed chooses one if there is none."""
    random = Random(seed)
    name = name or mode_of(seed)
    if name == "deaths":
        deaths = [Death("recorder", random.randrange(20), random.choice(WHEN)) for _ in range(2)]
        deaths.append(Death(random.choice(OTHERS), random.randrange(3), random.choice(WHEN)))
        return run_deaths(seed, frozenset(deaths))
    mode = MODES[name]
    story = Story(World(random, mode.weather(random)), random)
    story.begin(mode.incidents)
    return finish(seed, name, story)


def run_deaths(seed: int, deaths: frozenset[Death]) -> SeedReport:
    """One upload without faults except these deaths, and without a sweeper to clean up after them."""
    random = Random(seed)
    story = Story(World(random, Weather(), deaths), random, sweeping=False)
    story.upload("one.png", "good")
    return finish(seed, "deaths", story)


def finish(seed: int, name: str, story: Story) -> SeedReport:
    mode, world = MODES[name], story.world
    with (
        pixels.installed(),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
    ):  # metrics are printed
        try:
            found = [*_live(story, mode)]
        except Restless as error:
            found = [str(error)]
    found = [*world.watch.violations, *found]
    return SeedReport(
        seed,
        name,
        tuple(found),
        len(world.events.archive),
        dict(world.faults.side_effects),
        dict(world.seen),
        fingerprint(world),
    )


def _live(story: Story, mode: Mode) -> Iterator[str]:
    world = story.world
    if mode.faults_stop is not None:
        world.scheduler.after(mode.faults_stop, world.faults.stop)
    if mode.ends == "cut off":
        _sweep_for_ever(world)
        run_until(world, CUT_OFF)
        yield from invariants.notifications(story)
        return
    if not story.sweeping:
        settle(world)
        yield from invariants.unannounced(world)
        yield from _undisturbed_projections(world)
    _sweep_for_ever(world)
    if mode.ends == "nobody":
        run_until(world, max(world.scheduler.seconds, mode.faults_stop or 0) + ALIVE_WITHIN)
        yield from invariants.unfinished(story)
        yield from invariants.notifications(story)
        return
    settle(world, lambda: any(invariants.unfinished(story)))
    yield from invariants.unfinished(story, without_operator=True)
    yield from _undisturbed_projections(world)
    # The faulty phase is over: retry by hand whatever failed, until it succeeds.
    world.faults.stop()
    _operate(story)
    yield from _checks(story)
    if story.changing:
        yield from story.changing.finish(lambda: settle(world))
        yield from _checks(story)


def _operate(story: Story) -> None:
    world = story.world
    if story.adoption:
        story.adoption.run()
        settle(world, lambda: any(invariants.unfinished(story)))
    if operating.resend_removals(story):
        settle(world, lambda: any(invariants.unfinished(story)))
    _retry(story, everything=True)
    # What the runbook tells the operator to do about quarantined messages.
    if any(invariants.failures_of_failures(world)) or world.evidence.unrecorded:
        story.replay()
        settle(world, lambda: any(invariants.unfinished(story)))
        _retry(story)
    if operating.look_again(story):
        settle(world, lambda: any(invariants.unfinished(story)))
        _retry(story)
    if len(world.deployed) > 1:
        world.deployed = world.deployed[-1:]
        story.rebuild()
        settle(world, lambda: any(invariants.unfinished(story)))


def _retry(story: Story, *, everything: bool = False) -> None:
    """A few times only: nothing completes an upload whose replacement or deletion nobody heard of."""
    for attempt in range(RETRIES):
        if not operating.retry(story, everything=everything and attempt == 0):
            return
        settle(story.world, lambda: any(invariants.unfinished(story)))


def _undisturbed_projections(world: World) -> Iterable[str]:
    """Without an operator, unless the recorder lost an event twice: then an alarm calls one."""
    return () if any(invariants.failures_of_failures(world)) else invariants.projections(world)


def _checks(story: Story) -> Iterable[str]:
    world = story.world
    yield from invariants.outcomes(story)
    yield from invariants.projections(world)
    yield from invariants.found_by_labels(world)
    yield from invariants.notifications(story)
    yield from invariants.everybody_is_told(story)
    yield from invariants.completeness(story)
    yield from invariants.objects(story)
    yield from invariants.quarantine(story)
    yield from invariants.queues(world)
    if story.adoption:
        yield from story.adoption.remaining()
    if not story.holes:
        yield from replaying.replay(world, story.random)


def settle(world: World, restless: Callable[[], bool] = lambda: False) -> None:
    """Runs until the world is at rest, and then until the schedule has done what is expected of it."""
    scheduler = world.scheduler
    end = scheduler.seconds + (LATE_HORIZON if world.weather.very_late else HORIZON)
    patience = None
    while True:
        while scheduler.pending:
            scheduler.step()
            if scheduler.seconds > end:
                raise Restless(f"after {HORIZON} s something still moves: {busy(world)}")
        patience = patience or scheduler.seconds + PATIENCE
        if scheduler.seconds > patience or not restless():
            return
        scheduler.step()


def run_until(world: World, seconds: float) -> None:
    while world.scheduler.seconds < seconds:
        world.scheduler.step()


def busy(world: World) -> list[str]:
    return [f"{url}: {world.sqs.depth(url)}" for url in world.sqs.queues if world.sqs.depth(url)]


def _sweep_for_ever(world: World) -> None:
    def tick() -> None:
        world.scheduler.start(_swallow(functions.build_sweeper(world), world.seen), wiring.FUNCTION_TIMEOUT)
        world.scheduler.after(SWEEP_EVERY, tick, background=True)

    world.scheduler.after(SWEEP_EVERY, tick, background=True)


def _swallow(sweep: Callable[[], Any], seen: Counter[str]) -> Callable[[], None]:
    """Lambda logs what fails in a sweep; the next sweep finds the same images."""

    def run() -> None:
        try:
            sweep()
        except Exception:  # noqa: BLE001
            seen["sweep failed"] += 1

    return run


def fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for name in (wiring.STATUS, wiring.LEDGER):
        table = world.dynamodb.tables[name]
        digest.update(
            repr(sorted((table.key(item), sorted(item.items(), key=str)) for item in table.items())).encode()
        )
    digest.update(repr([request["Subject"] for request in world.sns.published]).encode())
    digest.update(repr(world.scheduler.seconds).encode())
    return digest.hexdigest()[:16]
