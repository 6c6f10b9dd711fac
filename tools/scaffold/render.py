"""The files of a new consumer."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from imagebus.events import Contract, StackData
from imagebus_cli.problem import Problem
from tools.contracts.files import ContractFiles
from tools.contracts.golden import golden_events
from tools.scaffold.consumer import Consumer

#: Where each file goes. The templates are in files/, named *.txt so that no tool treats them as code.
PLACES = {
    "template.yml": "template.yml",
    "samconfig.toml": "samconfig.toml",
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "handler.py": "src/{package}/handler.py",
    "test_handler.py": "tests/test_handler.py",
}

#: Rule, queues, log, role and alarms, as the pipeline's own consumers have them.
SHAPE = "consumer.yml"

LIVE_ONLY = """\
Replays do not reach it (`--live-only`), because it would do its work twice. To accept them, set
`Replays: "true"` in template.yml."""
REPLAY_SAFE = """\
Replays reach it (`--replay-safe`), because handling an old event again, in any order, changes nothing. A
replay goes only to the rules that it names, so this consumer gets the history if somebody names its rule."""
REPLAY_HOW = """
## Get the history

The pipeline's archive holds every event. This sends the last day to this consumer and to nobody else
(`RuleArn` is an output of this stack; `ArchiveName` and `EventBusName` are outputs of the pipeline's):

    aws events start-replay --replay-name [[name]]-$(date +%s) \\
      --event-source-arn arn:aws:events:REGION:ACCOUNT:archive/ARCHIVE \\
      --event-start-time $(date -d yesterday +%s) --event-end-time $(date +%s) \\
      --destination '{"Arn": "ARN_OF_THE_BUS", "FilterArns": ["RULE_ARN"]}'
"""


def rendered(consumer: Consumer, checkout: ContractFiles) -> dict[str, str]:
    """Path below the consumer's folder -> text."""
    values = _values(consumer)
    texts = files("tools.scaffold") / "files"
    made = {
        place.format(package=consumer.package): fill((texts / f"{name}.txt").read_text("utf-8"), values)
        for name, place in PLACES.items()
    }
    made[f"src/{consumer.package}/__init__.py"] = ""
    made[SHAPE] = (checkout.root / SHAPE).read_text(encoding="utf-8")
    wanted = {model.detail_type for model in consumer.events}
    for golden in golden_events(checkout.examples):
        if golden.detail_type in wanted:
            name = golden.name.split("@", 1)[1]
            made[f"tests/events/{name}.json"] = golden.path.read_text(encoding="utf-8")
    return made


def write(consumer: Consumer, into: Path, checkout: ContractFiles) -> Path:
    """Writes the folder and returns it. Raises Problem if it exists."""
    folder = into / consumer.name
    if folder.exists():
        raise Problem(f"{folder} exists.", "Choose another name, or another place with --into.", exit_code=2)
    for name, text in rendered(consumer, checkout).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its [[names]] replaced. Raises KeyError for a name without a value."""
    return re.sub(r"\[\[(\w+)\]\]", lambda match: values[match[1]], text)


def _values(consumer: Consumer) -> dict[str, str]:
    names = [model.detail_type for model in consumer.events]
    return {
        "name": consumer.name,
        "package": consumer.package,
        "events": ", ".join(names),
        "title": ", ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} other events",
        "detail_types": ",".join(names),
        "replays": '        Replays: "true"\n' if consumer.replay_safe else "",
        "listens": "\n".join(_listed(model) for model in consumer.events),
        "replay_text": REPLAY_SAFE if consumer.replay_safe else LIVE_ONLY,
        "replay_how": fill(REPLAY_HOW, {"name": consumer.name}) if consumer.replay_safe else "",
        "gap": " " * (len(consumer.package) + 5),
        "imports": _imports(consumer),
        "handlers": "\n\n".join(_handler(model) for model in consumer.events) + "\n",
        "cases": "".join(_case(model) for model in consumer.events),
    }


def summary(model: type[Contract]) -> str:
    """The first paragraph of the event's description, on one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].split())


def _listed(model: type[Contract]) -> str:
    return textwrap.fill(f"- **{model.detail_type}**: {summary(model)}", 118, subsequent_indent="  ")


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
