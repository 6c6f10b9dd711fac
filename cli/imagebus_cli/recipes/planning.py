"""What a set of recipes means for the images that are there: what is missing, and what making it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagebus.events.catalog import STAGES
from imagebus.history.recorded import RecordedEvent
from imagebus.recipes.missing import Missing, faces_of, missing, outputs
from imagebus.recipes.model import Recipe, RecipeSet
from imagebus_cli.measure.cost import Used, lines
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.recipes.calibration import MADE, Calibration, Speed
from imagebus_cli.recipes.effort import Effort, Source, Target, effort, of_mark, of_outputs

#: Bytes of an event, and of each object that it names.
EVENT_BYTES, ITEM_BYTES = 900, 330
REQUEST = "DerivationRequested"
#: Images from which a plan learns what the others take.
ENOUGH = 20


@dataclass(frozen=True)
class Cost:
    """Of the functions for images: seconds of CPU time, and those that they are billed for."""

    images: int = 0
    cpu: float = 0.0
    billed: float = 0.0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.images + other.images, self.cpu + other.cpu, self.billed + other.billed, self.usd + other.usd
        )

    def __sub__(self, other: Cost) -> Cost:
        return self + other.times(-1, -1, -1, -1)

    def times(self, images: int, cpu: float, billed: float, usd: float) -> Cost:
        return Cost(self.images * images, self.cpu * cpu, self.billed * billed, self.usd * usd)

    def document(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "cpu_seconds": round(self.cpu, 3),
            "billed_seconds": round(self.billed, 3),
            "usd": round(self.usd, 8),
        }


@dataclass(frozen=True)
class Task:
    """What will be made of one image, or was: enough to estimate the time it takes."""

    efforts: tuple[Effort, ...]
    pixels: tuple[tuple[str, int], ...]
    named: int
    status_bytes: int

    @classmethod
    def of(cls, source: Source, by_stage: Sequence[Sequence[Target]], named: int, status_bytes: int) -> Task:
        """`named` is how many objects the events name. A stage without a target publishes a fact at least."""
        efforts = tuple(effort(source, targets) for targets in by_stage)
        pixels = tuple((each.format, each.pixels) for targets in by_stage for each in set(targets))
        return cls(efforts, pixels, named, status_bytes)

    def cpu(self, speed: Speed) -> float:
        """Seconds."""
        return sum(speed.cpu.ms(each) for each in self.efforts) / 1000

    def cost(self, speed: Speed, price: Mapping[str, float]) -> Cost:
        seconds = sum(max(1.0, speed.billed.ms(each)) for each in self.efforts) / 1000
        derived = sum(speed.bytes.get(name, 1.5) * pixels for name, pixels in self.pixels)
        events = 1 + len(self.efforts)
        used = _used_for(
            events=events,
            gb_seconds=seconds * speed.memory_mb / 1024,
            event_bytes=events * EVENT_BYTES + self.named * ITEM_BYTES,
            status_bytes=self.status_bytes,
            derived_bytes=int(derived),
            derived_objects=len(self.pixels),
            reads=sum(each.requests > 1 for each in self.efforts),
        )
        return Made(self.cpu(speed), seconds, used).cost(price)


@dataclass(frozen=True)
class Made:
    """What the facts about one image say that they took. Those of an earlier version do not name CPU time."""

    cpu: float | None
    billed: float
    used: Used

    def cost(self, price: Mapping[str, float], cpu: float = 0.0) -> Cost:
        """`cpu` is assumed if it is not known."""
        usd = sum(line.usd for line in lines([self.used], price, uploads=False))
        return Cost(1, cpu if self.cpu is None else self.cpu, self.billed, usd)


@dataclass
class Plan:
    """`lacking` are the tasks of images that need something, `made` those that requests have done already,
    with what they took in `took`."""

    recipes: RecipeSet
    engine: str
    complete: int = 0
    calibration: Calibration = field(default_factory=Calibration)
    lacking: list[Task] = field(default_factory=list)
    made: list[Task] = field(default_factory=list)
    took: list[Made] = field(default_factory=list)
    variants: Counter[str] = field(default_factory=Counter)
    watermarks: int = 0
    shared: int = 0
    others: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)

    def add(self, image: ScannedImage) -> Missing:
        item = image.status
        if image.error or item is None:
            self.problems += [{"image_key": image.image_key, "why": image.error}] if image.error else []
            return Missing()
        if item["status"] != "completed" or "format" not in item:
            self.others[item["status"]] += 1
            return Missing()
        self.calibration.learn(item, image.log)
        recipe = self.recipes.recipe_for(image.image_key, item["format"])
        lacks = missing(item, recipe, self.engine)
        self._add_made(item, recipe, image.log)
        if lacks:
            self.lacking.append(task(item, recipe, lacks))
            self.variants.update(f"{each.name} {each.format}" for each in lacks.outputs)
            self.watermarks += lacks.watermark and lacks.marked is None
            self.shared += len(lacks.present) + (lacks.marked is not None)
        else:
            self.complete += 1
        return lacks

    def _add_made(self, item: Mapping[str, Any], recipe: Recipe, log: Sequence[RecordedEvent]) -> None:
        requests, facts = answered(log, recipe.id)
        if facts:
            made = _made_task(item, recipe, self.engine, requests, facts)
            self.made.append(made)
            self.took.append(_took(made, requests, facts))

    def remaining(self, price: Mapping[str, float]) -> Cost:
        cost = self.estimator(price)
        return sum(map(cost, self.lacking), Cost())

    def estimator(self, price: Mapping[str, float]) -> Callable[[Task], Cost]:
        """What requests for this set have taken already corrects the rest, once there are enough."""
        speed, planned, actual = self.calibration.fit(), self.planned(price), self.actual(price)
        cpu = billed = usd = 1.0
        if actual.images >= ENOUGH:
            cpu, billed = actual.cpu / (planned.cpu or 1.0), actual.billed / planned.billed
            usd = actual.usd / planned.usd
        return lambda task: task.cost(speed, price).times(1, cpu, billed, usd)

    def planned(self, price: Mapping[str, float]) -> Cost:
        """What the plan was for all that requests have made."""
        speed = self.calibration.fit()
        return sum((each.cost(speed, price) for each in self.made), Cost())

    def actual(self, price: Mapping[str, float]) -> Cost:
        speed, made = self.calibration.fit(), zip(self.made, self.took, strict=True)
        return sum((took.cost(price, task.cpu(speed)) for task, took in made), Cost())


def survey(
    images: Iterable[ScannedImage], recipes: RecipeSet, engine: str, prefix: str, say: Callable[[str], None]
) -> Plan:
    plan = Plan(recipes, engine)
    for number, image in enumerate(images, 1):
        if image.image_key.startswith(prefix):
            plan.add(image)
        if number % 500 == 0:
            say(f"{number} images")
    return plan


def task(item: Mapping[str, Any], recipe: Recipe, lacks: Missing) -> Task:
    source = Source.of(item)
    stages = []
    if lacks.thumbnails:
        stages.append(of_outputs(source, lacks.outputs))
    if lacks.watermark and recipe.watermark != "none":
        stages.append([] if lacks.marked else of_mark(source, recipe.watermark))
    shared = len(lacks.present) + (lacks.marked is not None)
    named = 2 * shared + len(lacks.outputs) + lacks.watermark
    after = _status_bytes(item) + ITEM_BYTES * (shared + len(lacks.outputs) + 1)
    return Task.of(source, stages, named, after)


def answered(log: Sequence[RecordedEvent], recipe_id: str) -> tuple[list[RecordedEvent], list[RecordedEvent]]:
    """The requests for a recipe, and the facts that answer them."""
    requests = [
        event for event in log if event.detail_type == REQUEST and event.detail["data"]["recipe"] == recipe_id
    ]
    ids = {event.event_id for event in requests}
    return requests, [e for e in log if e.meta.get("causation_id") in ids and e.detail_type in MADE]


def used_by(task: Task, log: Sequence[RecordedEvent], recipe_id: str, price: Mapping[str, float]) -> Cost:
    """What requests for the recipe have taken so far."""
    requests, facts = answered(log, recipe_id)
    return _took(task, requests, facts).cost(price) if facts else Cost()


def _made_task(
    item: Mapping[str, Any],
    recipe: Recipe,
    engine: str,
    requests: Sequence[RecordedEvent],
    facts: Sequence[RecordedEvent],
) -> Task:
    """As a plan saw it before."""
    source, stages, named = Source.of(item), [], 0
    present = {each["variant"] for event in requests for each in event.detail["data"].get("present", ())}
    marked = any("marked" in event.detail["data"] for event in requests)
    every = outputs(recipe, item["format"], item["frames"], engine, faces_of(item))
    new = [each for each in every if each.id not in present]
    for event in facts:
        if event.detail_type == "ThumbnailsCreated":
            stages.append(of_outputs(source, new))
            named += len(every)
        elif recipe.watermark != "none":
            stages.append([] if marked else of_mark(source, recipe.watermark))
            named += 1
    return Task.of(source, stages, named + len(present) + marked, _status_bytes(item))


def _took(task: Task, requests: Sequence[RecordedEvent], facts: Sequence[RecordedEvent]) -> Made:
    usages = [event.meta.get("usage") or {} for event in facts]
    billed = sum(usage.get("billed_ms", 0) for usage in usages) / 1000
    known = all("cpu_ms" in usage for usage in usages)
    cpu = sum(usage["cpu_ms"] for usage in usages) / 1000 if known else None
    events = [*requests, *facts]
    used = _used_for(
        events=len(events),
        gb_seconds=sum(usage.get("billed_ms", 0) * usage.get("memory_mb", 0) for usage in usages) / 1024e3,
        event_bytes=sum(len(event.canonical.encode()) for event in events),
        status_bytes=task.status_bytes,
        derived_bytes=sum(usage.get("bytes_out", 0) for usage in usages),
        derived_objects=len(task.pixels),
        reads=sum(bool(usage.get("bytes_in", 0)) for usage in usages),
    )
    return Made(cpu, billed, used)


def _used_for(*, events: int, **used: Any) -> Used:
    asked = sum(REQUEST in stage.subscribes for stage in STAGES)
    return Used(
        events=events,
        deliveries=asked + events - 1,  # a fact goes to the recorder alone
        original_bytes=0,
        rekognition_calls=0,
        **used,
    )


def _status_bytes(item: Mapping[str, Any]) -> int:
    return len(repr(item))
