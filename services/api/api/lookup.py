"""Status items, checked against S3, with the derived images that readers see."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from api.addressing import untoken
from api.problems import HttpProblem, not_found
from api.settings import Settings
from api.storage import Hidden, Storage
from api.views import Seen
from imagebus.history import view
from imagebus.history.fold import Item
from imagebus.objects import is_folder
from imagebus.recipes.model import Recipe
from imagebus.recipes.store import DynamoDBRecipes, UnknownRecipe
from imagebus.store import EventStore


@dataclass(frozen=True)
class Lookup:
    """Finds what a token names. Raises HttpProblem if there is no such image."""

    settings: Settings
    store: EventStore
    storage: Storage
    recipes: DynamoDBRecipes

    def seen(self, token: str) -> Seen:
        """The status item, and what of it readers see now."""
        return Seen(self.item(token), self.recipes.active())

    def item(self, token: str) -> Item:
        """S3 knows of an upload or deletion before any event does."""
        key = untoken(token)
        item = self.store.status(key)
        try:
            original = self.storage.original(self.settings.uploads_bucket, key)
        except Hidden:
            if item is None:
                raise not_found(key) from None
            return item
        known = item is not None and item["status"] != "deleted"
        if original is not None and not known and is_folder(key, original.size):
            original = None  # it was never an image, and no event will say so
        if item is None and original is None:
            raise not_found(key)
        if original is None:
            raise HttpProblem(HTTPStatus.NOT_FOUND, "image_deleted", f"The image {key!r} was deleted.")
        if item is not None and known:
            return item
        return view.pending(key, original.size, original.modified)

    def recipe(self, recipe_id: str | None) -> Recipe | None:
        """The recipe of an image; None from before recipes had ids."""
        try:
            return self.recipes.recipe(recipe_id) if recipe_id else None
        except UnknownRecipe:
            return None
