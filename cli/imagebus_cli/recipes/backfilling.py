"""Ask the workers for what a set of recipes lacks, behind live uploads.

There is no state to resume from: what is missing is what is asked for, and the same request is always the
same event. Nothing is shown before the set is promoted.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from imagebus.clock import Clock
from imagebus.events.failures import ProcessingFailed, is_of_backfill
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.history.retry import is_request_answered
from imagebus.recipes.missing import TooManyRecipes, missing, request
from imagebus.recipes.model import Recipe, RecipeSet
from imagebus.recipes.store import LEASE
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.output.text import count, hint
from imagebus_cli.problem import Problem
from imagebus_cli.recipes.planning import Cost, Plan, Task, task, used_by

if TYPE_CHECKING:
    from imagebus.bus import EventBus
    from imagebus.recipes.store import DynamoDBRecipes
    from imagebus.store import EventStore
    from imagebus_cli.adopt.adopting import Pace

#: Messages that may wait in a worker's inbox before a backfill makes way.
FEW = 2
#: Seconds after which an image without an answer is given up, and without any answer, the backfill. So is it
#: if no message leaves the workers' inboxes.
PATIENCE = 300
#: Seconds after which an image without an answer no longer keeps others from being processed.
SLOW = 30
#: Seconds of waiting for others after which a backfill says so.
QUIET = 10
#: Seconds between two looks at the images that were asked for.
PAUSE = 0.1
#: Seconds after which a running backfill renews its lease.
RENEWED = LEASE.total_seconds() / 5
#: What one image may take beyond its plan.
MARGIN = 1.25
#: Each pass takes in what was uploaded during the one before.
PASSES = 10

#: Keys -> their status items.
Statuses = Callable[[Sequence[str]], Mapping[str, Item]]


@dataclass(frozen=True)
class Asked:
    request_id: str
    revision: str
    recipe: Recipe
    task: Task
    cost: Cost
    at: float
    log_digest: str


@dataclass
class Progress:
    """`stopped` says why images remain that were not asked for: `budget` or `limit`. `planned` is what the
    images that are done were expected to take, and `actual` what they took; `spent` includes earlier runs.
    `waiting` says what the backfill has been waiting for, for some time.
    """

    done: int = 0
    asked: int = 0
    planned: Cost = field(default_factory=Cost)
    actual: Cost = field(default_factory=Cost)
    spent: Cost = field(default_factory=Cost)
    stopped: str = ""
    waiting: str = ""
    failed: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Bounds:
    """`at_once` images are in the works at most, so that live uploads find a worker. `budget` is for all
    that the set takes, in dollars.
    """

    at_once: int
    budget: float | None = None
    limit: int | None = None


class Backfill:
    """`waiting` says how many messages wait in the inbox of each worker."""

    def __init__(
        self,
        recipes: RecipeSet,
        sets: DynamoDBRecipes,
        engine: str,
        images: Callable[[], Iterator[ScannedImage]],
        store: EventStore,
        statuses: Statuses,
        bus: EventBus,
        waiting: Callable[[], Mapping[str, int]],
        pace: Pace,
        bounds: Bounds,
        price: Mapping[str, float],
        clock: Clock,
    ) -> None:
        self._recipes = recipes
        self._sets = sets
        self._engine = engine
        self._images = images
        self._store = store
        self._statuses = statuses
        self._bus = bus
        self._waiting = waiting
        self._pace = pace
        self._bounds = bounds
        self._price = price
        self._clock = clock
        self._claimed = -math.inf
        self._flying: dict[str, Asked] = {}
        #: Images without an answer since the last answer.
        self._silent = 0
        self.progress = Progress()
        self.plan = Plan(recipes, engine)

    def run(self, plan: Plan) -> Iterator[Progress]:
        """Passes over all images until nothing is missing; `self.plan` is what the last of them found.

        Raises Problem if no worker answers, takes messages, or is of this version, and BackfillRunning.
        """
        self._claim()
        self.progress.spent = plan.actual(self._price)
        estimate = plan.estimator(self._price)
        for number in range(PASSES + 1):
            before = self.progress.asked
            self.plan = plan = Plan(self._recipes, self._engine)
            for image in self._images():
                over = number == PASSES or self.progress.stopped or image.image_key in self.progress.failed
                if plan.add(image) and not over:
                    yield from self._make_room()
                    self._ask(image.image_key, estimate)
                    yield self.progress
            while self._flying:
                self._look()
                yield self.progress
            if self.progress.asked == before:
                break
        self._sets.use_candidate(self._recipes)

    def _claim(self) -> None:
        """Keep backfills of other sets out: a prune knows of one only. Raises BackfillRunning."""
        now = self._clock.monotonic()
        if now - self._claimed >= RENEWED:
            self._sets.use_candidate(self._recipes, LEASE)
            self._claimed = now

    def _ask(self, image_key: str, estimate: Callable[[Task], Cost]) -> None:
        # The scan may have seen the image minutes ago.
        item, log = self._store.status(image_key), self._store.latest(image_key)
        if item is None or "format" not in item:
            return
        recipe = self._recipes.recipe_for(image_key, item["format"])
        try:
            event = request(item, log, recipe, self._engine, self._clock)
        except TooManyRecipes as error:
            self._fail(image_key, str(error), "imagebus recipe prune --yes")
            return
        if event is None:
            return
        if failure := _failure(log, event.meta.event_id):
            self._fail(image_key, failure)
            return
        work = task(item, recipe, missing(item, recipe, self._engine))
        cost = estimate(work)
        if not self._affordable(cost):
            return
        self._pace.wait(1)
        self._claim()
        self._bus.publish([event])
        now = self._clock.monotonic()
        self._flying[image_key] = Asked(
            event.meta.event_id, item["revision"], recipe, work, cost, now, item["log_digest"]
        )
        self.progress.asked += 1

    def _affordable(self, cost: Cost) -> bool:
        bounds, flying = self._bounds, sum(each.cost.usd for each in self._flying.values())
        if bounds.limit is not None and self.progress.asked >= bounds.limit:
            self.progress.stopped = "limit"
        elif bounds.budget is not None:
            coming = (flying + cost.usd) * MARGIN
            if self.progress.spent.usd + coming > bounds.budget:
                self.progress.stopped = "budget"
        return not self.progress.stopped

    def _make_room(self) -> Iterator[Progress]:
        """Wait while enough is in the works, or others are waiting for the workers. Raises Problem."""
        while self._in_the_works() >= self._bounds.at_once:
            self._look()
        began = moved = self._clock.monotonic()
        before = 0
        while (fullest := max((number, stage) for stage, number in self._waiting().items()))[0] > FEW:
            now, (number, stage) = self._clock.monotonic(), fullest
            moved = now if number < before or self._flying else moved
            before = number
            if now - moved > PATIENCE:
                what = f"{count(number, 'message')} wait in {stage}'s inbox"
                raise Problem(
                    f"{what}, and none has left it for {PATIENCE} seconds.",
                    f"Check {stage} (imagebus doctor, docs/runbook.md), then run this again.",
                )
            if now - began > QUIET:
                wait = f"waiting for {count(number, 'message')} in {stage}'s inbox"
                self.progress.waiting = hint(f"{wait}; is it running? imagebus doctor")
                yield self.progress
            self._look()
        self.progress.waiting = ""

    def _in_the_works(self) -> int:
        """One that a worker fails again and again counts for a short while only."""
        now = self._clock.monotonic()
        return sum(now - each.at < SLOW for each in self._flying.values())

    def _look(self) -> None:
        """See which images have their answer, after a pause. Raises Problem."""
        self._clock.sleep(PAUSE)
        self._claim()
        now = self._clock.monotonic()
        items = self._statuses(list(self._flying))
        for image_key, asked in list(self._flying.items()):
            item = items.get(image_key)
            if item is None or item["revision"] != asked.revision or item["status"] != "completed":
                # It was replaced or deleted, and another pass sees what it is now.
                self._answered(image_key, done=False)
            elif not missing(item, asked.recipe, self._engine):
                self._answered(image_key, done=True)
            elif item["log_digest"] != asked.log_digest:
                self._flying[image_key] = replace(asked, log_digest=item["log_digest"])
                self._read(image_key, asked)
            elif now - asked.at > PATIENCE:
                self._fail(image_key, f"no answer within {PATIENCE} seconds")
                self._silent += 1
        if self._silent > self._bounds.at_once:
            raise Problem(
                f"No worker has answered for {PATIENCE} seconds.",
                "Check thumbnailer, watermarker and recorder (docs/runbook.md), then run this again.",
            )

    def _read(self, image_key: str, asked: Asked) -> None:
        log = self._store.latest(image_key)
        if failure := _failure(log, asked.request_id):
            self._fail(image_key, failure)
            self._silent = 0
            return
        made = (event for event in log if event.meta.get("causation_id") == asked.request_id)
        engines = {str(event.detail["data"].get("recipe", "")).partition("/")[0] for event in made}
        if others := engines - {self._engine, ""}:
            raise Problem(
                f"The stack's engine is {others.pop()}, this command's is {self._engine}.",
                "Use the version that is deployed, or deploy this one: imagebus deploy",
            )

    def _answered(self, image_key: str, *, done: bool) -> None:
        asked = self._flying.pop(image_key)
        self._silent = 0
        took = used_by(asked.task, self._store.latest(image_key), asked.recipe.id, self._price)
        self.progress.spent += took if took.images else asked.cost
        if done:
            self.progress.done += 1
            self.progress.planned += asked.cost
            self.progress.actual += took

    def _fail(self, image_key: str, why: str, advice: str = "") -> None:
        if asked := self._flying.pop(image_key, None):
            self.progress.spent += asked.cost
        advice = advice or f"imagebus retry {shlex.quote(image_key)}"
        self.progress.failed[image_key] = {"image_key": image_key, "why": why, "advice": advice}


def _failure(log: Sequence[RecordedEvent], request_id: str) -> str:
    """Why a stage gave up on that request, unless it has answered since; empty if none did."""
    for event in log:
        data: Mapping[str, Any] = event.detail["data"]
        if event.detail_type != ProcessingFailed.detail_type or not is_of_backfill(data):
            continue
        request = data["failed_event"]["detail"]
        if request.get("meta", {}).get("event_id") != request_id:
            continue
        if not is_request_answered(log, data["stage"], request):
            return f"{data['stage']}: {data['error_type']}: {data['message']}"
    return ""
