"""A new consumer: its name, its language, the events it listens to, and whether replays reach it."""

from __future__ import annotations

import difflib
import importlib.util
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagebus.events import Contract
from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG, STAGES
from imagebus_cli.consumers import pipeline
from imagebus_cli.consumers.language import Language
from imagebus_cli.problem import Problem

#: The pipeline's services and stages, whose names appear beside the consumer's in logs and dashboards.
TAKEN = frozenset(
    {stage.name for stage in STAGES} | {model.producer for model in CATALOG} | {"api", "imagebus"}
)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME = 40
#: The stack's name is also that of its rule.
#: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
MAX_STACK = 64


@dataclass(frozen=True)
class Consumer:
    """`parameters` are those of its template that the pipeline decides; others keep their defaults."""

    name: str
    events: tuple[type[Contract], ...]
    replay_safe: bool
    language: Language
    parameters: Mapping[str, str]

    @property
    def package(self) -> str:
        """The Python package: `sql-sink` is `sql_sink`."""
        return self.name.replace("-", "_")

    @property
    def stack(self) -> str:
        """Named after the pipeline, so that each pipeline of an account can have this consumer."""
        return f"{self.parameters[pipeline.BUS]}-{self.name}"


def consumer(
    name: str,
    events: Sequence[str],
    *,
    replay_safe: bool,
    language: Language = Language.PYTHON,
    parameters: Mapping[str, str] | None = None,
) -> Consumer:
    """Raises Problem for an invalid name, or for events that do not exist."""
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        advice = f"Use lower-case letters, digits and single hyphens, at most {MAX_NAME}: my-consumer."
        raise Problem(f"{name!r} is not a valid name for a consumer.", advice, exit_code=2)
    found = _models(events)
    if name in TAKEN:
        raise Problem(f"{name} is the name of a part of imagebus.", "Choose another name.", exit_code=2)
    made = Consumer(name, found, replay_safe, language, parameters or pipeline.defaults(language))
    if language is Language.PYTHON and (keyword.iskeyword(made.package) or _is_module(made.package)):
        advice = "The consumer's own package would hide it. Choose another name."
        raise Problem(f"{made.package} is the name of a Python module or a library.", advice, exit_code=2)
    if len(made.stack) > MAX_STACK:
        advice = f"Choose a shorter one: a consumer's stack has at most {MAX_STACK} characters."
        raise Problem(f"{made.stack} is too long for the name of a stack.", advice, exit_code=2)
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
