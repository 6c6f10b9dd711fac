"""The recipes of a stack, by id, and which set of them is active: one small DynamoDB table.

Recipes and sets never change once they are there. `active` does, by one conditional write, so that all
readers switch at once. Every promotion stays as an item of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.clock import Clock, timestamp
from imagebus.recipes.model import Active, Definition, Recipe, RecipeSet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: How long a process may show what was active before.
FRESH = timedelta(seconds=1)
#: An image shows the latest of these that it has completely.
REMEMBERED = 10

ACTIVE, CANDIDATE, DEFAULT = "active", "candidate", "default"


class UnknownRecipe(LookupError):
    """There is no recipe or set with this id in the stack."""


class PromotedMeanwhile(Exception):
    """Somebody else promoted since. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One switch: from which set (None: the first) to which. `number` counts the stack's promotions."""

    number: int
    from_set: str | None
    to_set: str
    at: str
    by: str


class Recipes(Protocol):
    """What the functions need. All of it may be up to a second old, except for what never changes."""

    def recipe(self, recipe_id: str) -> Recipe:
        """Raises UnknownRecipe."""
        ...

    def active(self) -> Active: ...

    def default(self) -> Recipe:
        """The recipe of the stack's parameters, as the validator last saw them. Raises UnknownRecipe."""
        ...

    def use_default(self, recipe: Recipe) -> None:
        """Keep the recipe of the parameters, so that every function can read it by its id."""
        ...


class DynamoDBRecipes:
    """Also what the operator's commands need: sets, the candidate, promotions."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._definitions: dict[str, Any] = {}
        self._active: tuple[datetime, Active] | None = None
        self._default = ""
        self._promotions: dict[str, str] = {}

    def recipe(self, recipe_id: str) -> Recipe:
        recipe: Recipe = self._definition(f"recipe/{recipe_id}", Recipe)
        return recipe

    def recipe_set(self, set_id: str) -> RecipeSet:
        """Raises UnknownRecipe."""
        recipes: RecipeSet = self._definition(f"set/{set_id}", RecipeSet)
        return recipes

    def active(self) -> Active:
        now = self._clock.now()
        if self._active is None or not timedelta() <= now - self._active[0] < FRESH:
            self._active = now, self._sets(self._pointer(ACTIVE))
        return self._active[1]

    def active_at(self, at: str) -> Active:
        """The active sets as they were at that time, from the promotions since, which never change."""
        item = self._get(ACTIVE) or {}
        for number in range(int(item.get("number", {"N": "0"})["N"]), 0, -1):
            key = f"promotion/{number:06}"
            if key not in self._promotions:
                record = self._get(key) or {}
                self._promotions[key] = json.loads(record["promotion"]["S"])["at"]
            if self._promotions[key] <= at:
                return self._sets(self._pointer(key))
        return Active()

    def default(self) -> Recipe:
        ids = self._pointer(DEFAULT)
        if not ids:
            raise UnknownRecipe("no upload has been validated since recipes have ids")
        return self.recipe(ids[0])

    def use_default(self, recipe: Recipe) -> None:
        if recipe.id == self._default:
            return
        self._keep(f"recipe/{recipe.id}", recipe)
        self._put({"id": DEFAULT, "sets": [recipe.id]})
        self._default = recipe.id

    def add(self, recipes: RecipeSet) -> None:
        """Keep a set and its recipes. It is not used for anything yet."""
        for rule in recipes.recipes:
            self._keep(f"recipe/{rule.recipe.id}", rule.recipe)
        self._keep(f"set/{recipes.id}", recipes)

    def candidate(self) -> RecipeSet | None:
        """The set that a backfill is preparing: nothing of it may be pruned."""
        ids = self._pointer(CANDIDATE)
        return self.recipe_set(ids[0]) if ids else None

    def use_candidate(self, recipes: RecipeSet) -> None:
        self.add(recipes)
        self._put({"id": CANDIDATE, "sets": [recipes.id]})

    def promote(self, recipes: RecipeSet, by: str) -> Promotion | None:
        """Make the set active for all images; None if it is already. Raises PromotedMeanwhile."""
        self.add(recipes)
        item = self._get(ACTIVE) or {}
        ids = [each["S"] for each in item.get("sets", {}).get("L", [])]
        number = int(item.get("number", {"N": "0"})["N"])
        if ids[:1] == [recipes.id]:
            return None
        earlier = [each for each in ids if each != recipes.id][:REMEMBERED]
        at = timestamp(self._clock.now())
        promotion = Promotion(number + 1, ids[0] if ids else None, recipes.id, at, by)
        self._switch(promotion, [recipes.id, *earlier], seen=number)
        self._active = None
        return promotion

    def promotions(self) -> Sequence[Promotion]:
        """All of them, the latest first."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        found = [
            Promotion(**json.loads(item["promotion"]["S"]))
            for page in pages
            for item in page["Items"]
            if "promotion" in item
        ]
        return sorted(found, key=lambda each: each.number, reverse=True)

    def _switch(self, promotion: Promotion, ids: Sequence[str], seen: int) -> None:
        fields = {name: getattr(promotion, name) for name in Promotion.__dataclass_fields__}
        record = {
            "id": f"promotion/{promotion.number:06}",
            "promotion": json.dumps(fields),
            "sets": ids,
        }
        pointer = {"id": ACTIVE, "sets": ids, "number": promotion.number}
        put: dict[str, Any] = {"TableName": self._table, "ConditionExpression": "attribute_not_exists(id)"}
        if seen:
            condition = {
                "ConditionExpression": "#number = :seen",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": {":seen": {"N": str(seen)}},
            }
        else:
            condition = {}
        writes: list[Any] = [
            {"Put": {**put, "Item": _item(pointer), **condition}},
            {"Put": {**put, "Item": _item(record)}},
        ]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            raise PromotedMeanwhile from error

    def _sets(self, ids: Sequence[str]) -> Active:
        sets = [self.recipe_set(each) for each in ids]
        return Active(sets[0], sets[1:]) if sets else Active()

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
        item = self._get(key)
        return [each["S"] for each in item["sets"]["L"]] if item else []

    def _get(self, key: str) -> dict[str, Any] | None:
        found = self._client.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def _put(self, values: dict[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=_item(values))


def _item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Any) -> Any:
    match value:
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [{"S": each} for each in value]}
    return {"S": str(value)}
