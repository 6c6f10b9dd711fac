"""A consumer in Python, on the pipeline's layer."""

from __future__ import annotations

import re
import textwrap

from imagebus.events import Contract, StackData
from tools.scaffold.consumer import Consumer
from tools.scaffold.text import summary

PLACES = {
    "template.yml": "template.yml",
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "init.py": "src/{package}/__init__.py",
    "handler.py": "src/{package}/handler.py",
    "test_handler.py": "tests/test_handler.py",
}


def values(consumer: Consumer) -> dict[str, str]:
    """What its templates have beyond the values of every language."""
    return {
        "gap": " " * (len(consumer.package) + 5),
        "imports": _imports(consumer),
        "handlers": "\n\n".join(_handler(model) for model in consumer.events) + "\n",
        "cases": "".join(_case(model) for model in consumer.events),
    }


def _imports(consumer: Consumer) -> str:
    envelopes = {_envelope(model) for model in consumer.events}
    modules: dict[str, list[str]] = {"imagebus.events": ["NotAnEvent", *envelopes]}
    for model in consumer.events:
        modules.setdefault(model.__module__, []).append(model.__name__)
    return "\n".join(
        f"from {module} import {', '.join(sorted(modules[module]))}" for module in sorted(modules)
    )


def _function(model: type[Contract]) -> str:
    return "on" + re.sub(r"([A-Z])", r"_\1", model.__name__).lower()


def _envelope(model: type[Contract]) -> str:
    return "StackEvent" if issubclass(model, StackData) else "Event"


def _handler(model: type[Contract]) -> str:
    said = "\n    ".join(textwrap.wrap(f'"""{summary(model)}"""', width=100))
    return f"""\
def {_function(model)}(event: {_envelope(model)}[{model.__name__}]) -> None:
    {said}
    set_log_context(event.meta)
    logger().info("received", extra={{"event": event.detail_type, "event_id": event.meta.event_id}})
"""


def _case(model: type[Contract]) -> str:
    call = f"{_function(model)}(delivery.event({model.__name__}))"
    return f'    "{model.detail_type}": lambda delivery: {call},\n'
