"""Operators change recipes: backfills, promotions, rollbacks and prunes, at any moment, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from imagebus.bus import EventBridgeBus, PublishError
from imagebus.history import derived
from imagebus.recipes.model import Active, RecipeSet
from imagebus.recipes.store import LEASE, BackfillRunning, DynamoDBRecipes, Promotion, PruneRunning
from imagebus.store import DynamoDBEventStore
from imagebus_cli.adopt.adopting import Pace
from imagebus_cli.measure.cost import load_prices
from imagebus_cli.operations.table import StatusTable
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import switching
from imagebus_cli.recipes.backfilling import Backfill, Bounds, Progress
from imagebus_cli.recipes.planning import survey
from imagebus_cli.recipes.pruning import Pruner
from tests.simulation import rows, variants, wiring
from tests.simulation.facts import Json
from tests.simulation.promoted import PRUNER, RECIPE_OF, image_objects
from tests.simulation.settings import SETS
from tests.simulation.watch import named_objects, wrong_object

if TYPE_CHECKING:
    from tests.simulation.story import Story

Command = Callable[[], object]

#: What a command tells its operator, who repeats it. Everything else is a fault.
REPORTED = (ClientError, ReadTimeoutError, PublishError, Problem, PruneRunning, BackfillRunning)
#: Back-fill, promote, roll back, and prune (x); in capitals, with another set.
CAMPAIGNS = ("bp", "bpx", "bpBPx", "bpBPxr", "pbBPr", "bpBxP", "bBpxP", "bpBPxbp", "pPrx")
STEPS = "bBpPrxx"
WORKERS = ("thumbnailer", "watermarker")
PRICE = load_prices("us-east-1")[0]


class Changing:
    def __init__(self, story: Story) -> None:
        self._story = story
        self._world = story.world
        self.violations: list[str] = []
        self._prunes = 0

    def campaign(self) -> None:
        """Several commands, soon after each other or much later, some of which repeat or overlap others."""
        random, delay = self._story.random, 0.0
        first, second = random.sample(sorted(SETS), 2)
        for step in random.choice(CAMPAIGNS) if random.random() < 0.7 else random.choices(STEPS, k=6):
            delay += random.choice([0.01, 0.3, 3, 30, 300])
            wanted = SETS[second if step.isupper() else first]
            commands: dict[str, Command] = {
                "b": partial(self.backfill, wanted),
                "p": partial(self.promote, wanted),
                "r": self.roll_back,
                "x": self.prune,
            }
            command = commands[step.lower()]
            self._start(delay, command)
            if random.random() < 0.2:  # twice, perhaps by two operators at once
                self._start(delay + random.choice([0, 0.1, 10]), command)
            for _ in range(2):
                self._start(delay + random.choice([0.1, 1, 20, 200]), self.read)

    def promote_during_uploads(self) -> None:
        """Some uploads are validated by one set, and by another one if it happens twice."""
        random = self._story.random
        for _ in range(3):
            delay, wanted = random.uniform(0, 20), SETS[random.choice(sorted(SETS))]
            self._world.scheduler.after(delay, self._story.use)
            self._start(delay + random.uniform(0, 0.5), partial(self.promote, wanted))

    def _start(self, delay: float, command: Command) -> None:
        """A command may be interrupted anywhere, fail, or die; its operator sees that and repeats it."""
        world, random = self._world, self._story.random
        limit = random.uniform(0.01, 1) if random.random() < 0.2 else float("inf")

        world.scheduler.after(delay, lambda: self._run(command, limit))

    def _run(self, command: Command, limit: float = float("inf")) -> None:
        world = self._world

        def run() -> None:
            try:
                command()
            except REPORTED as error:
                world.seen[f"command failed: {type(error).__name__}"] += 1

        world.scheduler.start(run, limit)

    # --- commands ---

    def backfill(self, recipe_set: Json) -> Progress:
        world, wanted = self._world, RecipeSet.read(recipe_set)
        world.seen["backfill"] += 1
        engine, table = world.deployed[-1].engine, StatusTable(self._client("dynamodb"), wiring.STATUS)
        plan = survey(table.images(), wanted, engine, "", lambda _: None)
        store = self._store()
        backfill = Backfill(
            wanted,
            self._recipes(),
            engine,
            table.images,
            store,
            lambda keys: {key: item for key in keys if (item := store.status(key))},
            self._bus(),
            lambda: {stage: world.sqs.depth(world.inbox(stage)) for stage in WORKERS},
            Pace(self._story.random.choice([1, 50]), world.scheduler),
            Bounds(at_once=self._story.random.choice([1, 10])),
            PRICE,
            world.scheduler,
        )
        for _ in backfill.run(plan):
            pass
        return backfill.progress

    def promote(self, recipe_set: Json) -> None:
        self._world.seen["promote"] += 1
        seen = switching.announced(self._recipes(), self._bus(), wiring.RECIPES)
        self._switch(seen, RecipeSet.read(recipe_set), None)

    def roll_back(self) -> None:
        recipes = self._recipes()
        seen = switching.announced(recipes, self._bus(), wiring.RECIPES)
        with suppress(switching.NothingBefore):
            before = switching.previous(seen)
            self._world.seen["rollback"] += before is not None
            self._world.seen["rollback to no set"] += before is None
            self._switch(seen, recipes.recipe_set(before) if before else None, switching.ROLLBACK)

    def _switch(self, seen: Sequence[Promotion], to: RecipeSet | None, note: str | None) -> None:
        switching.promote(self._recipes(), self._bus(), wiring.RECIPES, seen, to, "operator", note)

    def prune(self) -> int:
        """How many objects it removed."""
        self._prunes += 1
        self._world.seen["prune"] += 1
        removed, engine = 0, self._world.deployed[-1].engine
        table = StatusTable(self._client("dynamodb"), wiring.STATUS)
        s3 = self._world.client(PRUNER, "s3")
        clock = self._world.scheduler
        run = f"prune {self._prunes}"
        pruner = Pruner(self._store(), self._recipes(), self._bus(), s3, wiring.IMAGES, engine, clock, run)
        for image in pruner.run(table.images()):
            removed += image.objects
            self._world.seen[f"prune: {'failed' if image.why else 'done'}"] += 1
        return removed

    def _recipes(self) -> DynamoDBRecipes:
        return DynamoDBRecipes(self._client("dynamodb"), wiring.RECIPES, self._world.scheduler)

    def _store(self) -> DynamoDBEventStore:
        return DynamoDBEventStore(self._client("dynamodb"), wiring.STATUS)

    def _bus(self) -> EventBridgeBus:
        return EventBridgeBus(self._client("events"), wiring.BUS, self._world.scheduler)

    def _client(self, service: str) -> Any:
        return self._world.client("operator", service)

    # --- readers ---

    def read(self) -> None:
        """One request that shows all images, as the API answers it. What it shows is all of one moment."""
        world = self._world
        store = DynamoDBEventStore(world.client("api", "dynamodb"), wiring.STATUS)
        begin, found = world.scheduler.seconds, dict[str, tuple[Json, str | None]]()
        active = world.recipes("api").active()
        for key in list(world.dynamodb.tables[wiring.STATUS].partitions):
            if item := store.status(key):
                shown = derived.shown(item, active)
                self._count(item, shown.recipe, active)
                found[key] = item, shown.recipe
                self.violations += self._wrong(item, shown)
        moments = world.watch.promoted.sets_during(begin, world.scheduler.seconds)
        if not any(
            all(variants.shown(item, sets) == recipe for item, recipe in found.values()) for sets in moments
        ):
            shows = {key: recipe for key, (_, recipe) in found.items()}
            self.violations.append(f"one answer shows {shows}, which no set of recipes means")

    def _count(self, item: Json, recipe: str | None, active: Active) -> None:
        if "format" in item and active.current:
            wanted = [each.recipe_for(item["image_key"], item["format"]).id for each in active.in_order]
            of = ["the active set", *["an earlier set"] * (len(wanted) - 1)]
            shows = dict(zip(reversed(wanted), reversed(of), strict=True)).get(recipe or "", "its own recipe")
            self._world.seen[f"showed {shows}"] += 1

    def _wrong(self, item: Json, shown: derived.Shown) -> Iterator[str]:
        """What a reader sees is of one recipe, and is there."""
        key, recipe = item["image_key"], RECIPE_OF.get(shown.recipe or "")
        if item["status"] != "completed" or self._world.watch.had_more(item):
            return
        made = {"thumbnails": shown.thumbnails, "watermarked": shown.watermarked}
        entry = item if item.get("recipe") == shown.recipe else item.get("derived", {}).get(shown.recipe, {})
        if any(entry.get(name, ()) != (value or ()) for name, value in made.items()):
            yield f"{key}: shows what recipe {shown.recipe} has not made"
        if recipe is None or not variants.is_whole(made, recipe):
            yield f"{key}: shows not all of recipe {shown.recipe}"
        if self._world.watch.is_current(key, item["revision"], item.get("version_id")):
            for named in named_objects(made):
                yield from (f"{key}: shows what {text}" for text in wrong_object(self._world, named))

    # --- what must hold in the end ---

    def finish(self, settle: Callable[[], None]) -> Iterator[str]:
        """Undisturbed, a set is prepared and promoted, and the rest is pruned: then every image shows it."""
        world, wanted = self._world, SETS[self._story.random.choice(sorted(SETS))]
        world.interfere = lambda _key: None
        told = len(world.sns.published)
        commands: list[Command] = [
            lambda: world.scheduler.sleep(LEASE.total_seconds()),  # prunes and backfills may have been killed
            lambda: self.backfill(wanted),
            lambda: self.promote(wanted),
            self.prune,
        ]
        for command in commands:
            self._run(command)
            settle()
        yield from self.violations
        yield from self._unannounced()
        yield from self._left_over()
        if len(world.sns.published) > told:
            yield "a backfill notified somebody"
        sets = world.watch.promoted.sets_during(world.scheduler.seconds, world.scheduler.seconds)[-1]
        for key, item in rows.statuses(world.dynamodb).items():
            if item["status"] == "completed":
                recipe = variants.digest(variants.recipe_for(wanted, key, item["format"]))
                if variants.shown(item, sets) != recipe:
                    yield f"{key}: shows {variants.shown(item, sets)} after a backfill for {recipe}"

    def _unannounced(self) -> Iterator[str]:
        """Subscribers receive every promotion, and none that did not happen."""
        promotions = len(self._world.watch.promoted.history) - 1
        heard = {
            event["detail"]["data"]["number"]
            for _, event in self._world.events.archive
            if event["detail-type"] == "RecipePromoted"
        }
        if heard != set(range(1, promotions + 1)):
            yield f"heard of the promotions {sorted(heard)} of {promotions}"

    def _left_over(self) -> Iterator[str]:
        """After a prune, nothing is left of what only facts that do not count any more name. What shows the
        same as an object that counts may stay, under the name that another recipe has for it.
        """
        for key, log in rows.logs(self._world.dynamodb).items():
            retired = variants.pruned(log)
            gone = {name for fact in log if fact.id in retired for name in image_objects(fact)}
            live = {name for fact in log if fact.id not in retired for name in image_objects(fact)}
            same = {name.split(".")[-2] for name in live}
            there = (gone - live) & self._world.s3.buckets[wiring.IMAGES].keys.keys()
            for name in sorted(each for each in there if each.split(".")[-2] not in same):
                yield f"{key}: {name} is left after a prune"
