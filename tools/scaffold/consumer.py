"""A new consumer: its name, the events it listens to, and whether replays reach it."""

from __future__ import annotations

import difflib
import importlib.util
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass

from imagebus.events import Contract
from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG, STAGES
from imagebus_cli.problem import Problem

#: The pipeline's services and stages, whose names appear beside the consumer's in logs and dashboards.
TAKEN = frozenset(
    {stage.name for stage in STAGES} | {model.producer for model in CATALOG} | {"api", "imagebus"}
)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME = 40


@dataclass(frozen=True)
class Consumer:
    name: str
    events: tuple[type[Contract], ...]
    replay_safe: bool

    @property
    def package(self) -> str:
        """The Python package: `sql-sink` is `sql_sink`."""
        return self.name.replace("-", "_")


def consumer(name: str, events: Sequence[str], *, replay_safe: bool) -> Consumer:
    """Raises Problem for an invalid name, or for events that do not exist."""
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        advice = f"Use lower-case letters, digits and single hyphens, at most {MAX_NAME}: my-consumer."
        raise Problem(f"{name!r} is not a valid name for a consumer.", advice, exit_code=2)
    made = Consumer(name, _models(events), replay_safe)
    if name in TAKEN:
        raise Problem(f"{name} is a part of imagebus.", "Choose another name.", exit_code=2)
    if keyword.iskeyword(made.package) or _is_module(made.package):
        advice = "The consumer's own package would hide it. Choose another name."
        raise Problem(f"{made.package} is the name of a Python module or a library.", advice, exit_code=2)
    return made


def _models(names: Sequence[str]) -> tuple[type[Contract], ...]:
    """The events, in flow order and each once."""
    wanted = [name.strip() for name in names if name.strip()]
    if not wanted:
        raise Problem("A consumer listens to at least one event.", _events(), exit_code=2)
    for name in wanted:
        if name not in BY_DETAIL_TYPE:
            close = difflib.get_close_matches(name, BY_DETAIL_TYPE, n=1, cutoff=0.5)
            guess = f" Did you mean {close[0]}?" if close else ""
            raise Problem(f"There is no event {name!r}.{guess}", _events(), exit_code=2)
    return tuple(model for model in CATALOG if model.detail_type in wanted)


def _is_module(package: str) -> bool:
    found = importlib.util.find_spec(package)
    return found is not None and found.origin is not None  # ignore a mere folder on the path


def _events() -> str:
    return f"The events are {', '.join(BY_DETAIL_TYPE)} (docs/events.md)."
