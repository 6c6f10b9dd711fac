"""Read recipes.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagebus.recipes.model import RecipeSet
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import rules, yamlfile
from imagebus_cli.recipes.yamlfile import Mistake

DEFAULT = Path("recipes.yml")


@dataclass(frozen=True)
class File:
    """`recipes` is None if there are mistakes."""

    path: Path
    recipes: RecipeSet | None
    mistakes: tuple[Mistake, ...]

    def lines(self) -> list[str]:
        """As editors and compilers write mistakes: `recipes.yml:7: field: what is wrong`."""
        return [
            ": ".join(filter(None, (f"{self.path}:{each.line}", each.field, each.message)))
            for each in self.mistakes
        ]


def read(path: Path) -> File:
    """Raises Problem if the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not UTF-8.", "Save it as UTF-8.", exit_code=2) from error
    except OSError as error:
        advice = f"Write one: imagebus recipe export -o {DEFAULT}" if path == DEFAULT else "Check its name."
        raise Problem(f"{path} cannot be read: {error.strerror}.", advice, exit_code=2) from error
    recipes, mistakes = rules.check(yamlfile.parse(text), path.parent)
    return File(path, recipes, tuple(mistakes))


def required(path: Path) -> RecipeSet:
    """Raises Problem if the file cannot be read, or is invalid."""
    file = read(path)
    if file.recipes is None:
        raise Problem(f"{path} is invalid.", detail="\n".join(file.lines()), exit_code=1)
    return file.recipes
