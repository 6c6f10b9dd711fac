"""What a stack knows about recipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imagebus.recipes.model import Active, Match, Recipe, RecipeSet, Rule, Variant
from imagebus.recipes.store import DynamoDBRecipes, Promotion, UnknownRecipe
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import switching, writing


@dataclass(frozen=True)
class Overview:
    """`default` is the recipe of the stack's parameters; None before the first upload."""

    active: Active
    default: Recipe | None
    candidate: RecipeSet | None
    promotions: Sequence[Promotion]

    @classmethod
    def of(cls, recipes: DynamoDBRecipes) -> Overview:
        default = None
        with suppress(UnknownRecipe):
            default = recipes.default()
        return cls(recipes.active(), default, recipes.candidate(), recipes.promotions())

    def document(self) -> dict[str, Any]:
        return {
            "active": _document(self.active.current),
            "earlier": [each.id for each in self.active.earlier],
            "candidate": _document(self.candidate),
            "default": self.default.id if self.default else None,
            "promotions": [
                {name: getattr(each, name) for name in switching.FIELDS} for each in self.promotions
            ],
        }

    def lines(self) -> Iterator[str]:
        current = self.active.current
        if current:
            yield f"active {current.id}"
            yield from _lines(current)
        elif self.default:
            yield "no set is active: new images use the recipe of the template's parameters"
            yield from _lines(writing.of_default(self.default))
        else:
            yield "no set is active, and nothing has been uploaded yet"
        if self.candidate and self.candidate != current:
            yield f"candidate {self.candidate.id} (prepared by the last backfill)"
            yield from _lines(self.candidate)
        if self.active.earlier:
            yield "earlier " + ", ".join(each.id for each in self.active.earlier)
        for each in self.promotions:
            how = " (rollback)" if each.note == switching.ROLLBACK else ""
            yield f"{each.at}  {switching.step(each)}{how}  {each.by}"


def chosen(recipes: DynamoDBRecipes, set_id: str | None) -> RecipeSet:
    """The set with that id, else the active one, else that of the parameters. Raises Problem."""
    try:
        if set_id is not None:
            return switching.by_id(recipes, set_id)
        return recipes.active().current or writing.of_default(recipes.default())
    except UnknownRecipe:
        if set_id is not None:
            raise Problem(
                f"The stack has no set {set_id}.", "List its sets: imagebus recipe show", exit_code=1
            ) from None
        raise Problem(
            "No set has been promoted, and nothing has been uploaded since this stack was updated.",
            "Upload an image: the validator then stores the recipe in the parameters.",
            exit_code=1,
        ) from None


def _document(recipes: RecipeSet | None) -> dict[str, Any] | None:
    if recipes is None:
        return None
    return {"set": recipes.id, "recipes": [_rule(rule) for rule in recipes.recipes]}


def _rule(rule: Rule) -> dict[str, Any]:
    """Without the bytes of a logo."""
    settings = rule.settings()
    if isinstance(settings.get("watermark"), dict) and "logo" in settings["watermark"]:
        settings["watermark"]["logo"] = "…"
    return {"id": rule.recipe.id, **settings}


def _lines(recipes: RecipeSet) -> Iterator[str]:
    for rule in recipes.recipes:
        yield f"  {rule.name} ({rule.recipe.id}): {_match(rule.match)}"
        for name, variant in rule.variants.items():
            yield f"    {name}: {_variant(variant)}"
        if rule.watermark != "none":
            yield f"    watermarked: {'logo' if rule.watermark.logo else repr(rule.watermark.text)}"


def _match(match: Match) -> str:
    parts = [f"keys {match.prefix}…"] * bool(match.prefix)
    parts += [", ".join(match.formats)] if match.formats else []
    return ", ".join(parts) or "any upload"


def _variant(variant: Variant) -> str:
    if variant.width and variant.height:
        box = f"{variant.width}x{variant.height} {variant.fit}"
    else:
        box = f"{variant.width} wide" if variant.width else f"{variant.height} high"
    focus = f" on {variant.focus}" if variant.focus != "centre" else ""
    return f"{box}{focus}, {', '.join(variant.formats)}"
