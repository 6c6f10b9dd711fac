"""The recipes of a stack, by id, and which set of them is active: one small DynamoDB table.

Recipes and sets never change. `active` does, by one conditional write, so that all readers switch at once; it
also holds the last promotion. The earlier ones have items of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.clock import Clock, timestamp
from imagebus.events import StackEvent, about_stack
from imagebus.events.recipes import RecipePromoted
from imagebus.identity import canonical_json
from imagebus.recipes.model import Active, Definition, Recipe, RecipeSet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: How long a process may show what was active before.
FRESH = 1.0
#: An image shows the latest of these that it has completely.
REMEMBERED = 10
#: How long a prune or a backfill that was killed keeps others out. A prune waits less long for one image.
LEASE = timedelta(minutes=5)

ACTIVE, CANDIDATE, DEFAULT, PRUNE = "active", "candidate", "default", "prune"


class UnknownRecipe(LookupError):
    """There is no recipe or set with this id in the stack."""


class PromotedMeanwhile(Exception):
    """Another promotion came first. Nothing was changed."""


class PruneRunning(Exception):
    """Another prune is running, or was killed a short time ago."""


class BackfillRunning(Exception):
    """A backfill of another set is running, or was killed a short time ago."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One switch from a set to another. `number` counts the stack's promotions.

    Without a set (None) each image shows what it was made with.
    """

    number: int
    from_set: str | None
    to_set: str | None
    at: str
    by: str
    note: str | None = None

    def as_json(self) -> str:
        return canonical_json(asdict(self))

    def event(self, table: str) -> StackEvent[RecipePromoted]:
        """What to publish. The same promotion always gives the same event id."""
        data = RecipePromoted(
            number=self.number, to_set=self.to_set, from_set=self.from_set, by=self.by, note=self.note
        )
        return about_stack(data, stack=table, occurred_at=self.at, discriminator=str(self.number))


class Recipes(Protocol):
    """What the functions need. Pointers may be up to a second old."""

    def recipe(self, recipe_id: str) -> Recipe:
        """Raises UnknownRecipe."""
        ...

    def active(self) -> Active: ...

    def default(self) -> Recipe:
        """The recipe of the stack's parameters, as the validator last saw them. Raises UnknownRecipe."""
        ...

    def use_default(self, recipe: Recipe) -> None:
        """Store the recipe of the parameters, so that every function can read it by its id."""
        ...


class DynamoDBRecipes:
    """Also what the operator's commands need: sets, the candidate and promotions."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._definitions: dict[str, Any] = {}
        self._active: tuple[float, Active] | None = None
        self._default = ""

    def recipe(self, recipe_id: str) -> Recipe:
        recipe: Recipe = self._definition(f"recipe/{recipe_id}", Recipe)
        return recipe

    def recipe_set(self, set_id: str) -> RecipeSet:
        """Raises UnknownRecipe."""
        recipes: RecipeSet = self._definition(f"set/{set_id}", RecipeSet)
        return recipes

    def active(self) -> Active:
        now = self._clock.monotonic()
        if self._active is None or now - self._active[0] >= FRESH:
            self._active = now, self._sets(self._pointer(ACTIVE))
        return self._active[1]

    def active_at(self, at: str) -> Active:
        """The sets that were active at that time. It reads one item for each promotion since."""
        ids = (ids for promotion, ids in self._promoted() if promotion.at <= at)
        return self._sets(next(ids, []))

    def _sets(self, ids: Sequence[str]) -> Active:
        sets = [self.recipe_set(each) for each in ids]
        return Active(sets[0], sets[1:]) if sets else Active()

    def default(self) -> Recipe:
        ids = self._pointer(DEFAULT)
        if not ids:
            raise UnknownRecipe("no upload was validated since recipes got ids")
        return self.recipe(ids[0])

    def use_default(self, recipe: Recipe) -> None:
        if recipe.id == self._default:
            return
        self._keep(f"recipe/{recipe.id}", recipe)
        self._put({"id": DEFAULT, "sets": [recipe.id]})
        self._default = recipe.id

    def add(self, recipes: RecipeSet) -> None:
        """Store a set and its recipes. Nothing uses it yet."""
        for rule in recipes.recipes:
            self._keep(f"recipe/{rule.recipe.id}", rule.recipe)
        self._keep(f"set/{recipes.id}", recipes)

    def candidate(self) -> RecipeSet | None:
        """The set that a backfill prepares. Nothing of it may be pruned."""
        ids = self._pointer(CANDIDATE)
        return self.recipe_set(ids[0]) if ids else None

    def use_candidate(self, recipes: RecipeSet, lease: timedelta = timedelta()) -> None:
        """Prepare this set, until another one takes its place.

        None can during the lease: a prune would then delete what requests on their way have found there.
        Raises BackfillRunning.
        """
        self.add(recipes)
        now = self._clock.now()
        item = _item({"id": CANDIDATE, "sets": [recipes.id], "until": timestamp(now + lease)})
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#until) OR #until <= :now OR #sets = :sets",
                ExpressionAttributeNames={"#until": "until", "#sets": "sets"},
                ExpressionAttributeValues={":now": {"S": timestamp(now)}, ":sets": item["sets"]},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise BackfillRunning from error

    def claim_prune(self, run: str, lease: timedelta = LEASE) -> None:
        """Keep other prunes out: two with different views of what is active could retire each other's choice.

        A run claims again before each image, and releases with no lease. Raises PruneRunning.
        """
        now = self._clock.now()
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item({"id": PRUNE, "run": run, "until": timestamp(now + lease)}),
                ConditionExpression="attribute_not_exists(id) OR #run = :run OR #until <= :now",
                ExpressionAttributeNames={"#run": "run", "#until": "until"},
                ExpressionAttributeValues={":run": {"S": run}, ":now": {"S": timestamp(now)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise PruneRunning from error
        self._active = None  # an earlier prune may have gone by a later promotion

    def promote(
        self, recipes: RecipeSet | None, by: str, note: str | None = None, seen: int | None = None
    ) -> Promotion | None:
        """Make the set active for all images, or none; None if it is already. Raises PromotedMeanwhile.

        `seen` is the number of the promotion that the caller's decision is based on (0: there was none).
        """
        if recipes:
            self.add(recipes)
        wanted = [recipes.id] if recipes else []
        item = self._get(ACTIVE)
        ids, last = _sets(item), _promotion(item)
        number = last.number + 1 if last else 1
        if seen is not None and seen != number - 1:
            raise PromotedMeanwhile
        if ids[:1] == wanted:
            return None
        if last:  # before it is replaced, so that a crash loses none
            self._put({"id": _record(last.number), "sets": ids, "promotion": last.as_json()})
        at = timestamp(self._clock.now())
        promotion = Promotion(number, next(iter(ids), None), next(iter(wanted), None), at, by, note)
        earlier = [each for each in ids if each not in wanted][:REMEMBERED] if wanted else []
        self._switch(promotion, wanted + earlier)
        self._active = None
        return promotion

    def promotions(self) -> Sequence[Promotion]:
        """All of them, the latest first."""
        return [promotion for promotion, _ in self._promoted()]

    def _promoted(self) -> Iterator[tuple[Promotion, list[str]]]:
        """Every promotion with the sets that it made active, the latest first."""
        item = self._get(ACTIVE)
        while promotion := _promotion(item):
            yield promotion, _sets(item)
            item = self._get(_record(promotion.number - 1))

    def _switch(self, promotion: Promotion, ids: Sequence[str]) -> None:
        pointer = {"id": ACTIVE, "sets": ids, "number": promotion.number, "promotion": promotion.as_json()}
        if promotion.number == 1:
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        else:
            condition = {
                "ConditionExpression": "#number = :seen",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": {":seen": {"N": str(promotion.number - 1)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=_item(pointer), **condition)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # An SDK that got no answer sends the same request again, and that is refused.
            if _promotion(self._get(ACTIVE)) != promotion:
                raise PromotedMeanwhile from error

    def _definition(self, key: str, kind: type[Definition]) -> Any:
        if key not in self._definitions:
            item = self._get(key)
            if item is None:
                raise UnknownRecipe(key)
            self._definitions[key] = kind.read(json.loads(item["definition"]["S"]))
        return self._definitions[key]

    def _keep(self, key: str, definition: Definition) -> None:
        if key not in self._definitions:
            self._put({"id": key, "definition": definition.canonical()})
            self._definitions[key] = definition

    def _pointer(self, key: str) -> list[str]:
        return _sets(self._get(key))

    def _get(self, key: str) -> dict[str, Any] | None:
        found = self._client.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def _put(self, values: dict[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=_item(values))


def _record(number: int) -> str:
    return f"promotion/{number:06}"


def _sets(item: Mapping[str, Any] | None) -> list[str]:
    return [each["S"] for each in item["sets"]["L"]] if item else []


def _promotion(item: Mapping[str, Any] | None) -> Promotion | None:
    return Promotion(**json.loads(item["promotion"]["S"])) if item else None


def _item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Any) -> Any:
    match value:
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [{"S": each} for each in value]}
    return {"S": str(value)}
