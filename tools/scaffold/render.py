"""The files of a new consumer."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from imagebus.events import Contract, StackData
from imagebus_cli.consumers.language import Language
from imagebus_cli.problem import Problem
from tools.contracts.files import ContractFiles
from tools.contracts.golden import golden_events
from tools.scaffold import python, typescript
from tools.scaffold.consumer import Consumer
from tools.scaffold.text import summary

#: Template -> where it goes. The templates are in files/, named *.txt so that no tool treats them as code.
PLACES: Mapping[Language, Mapping[str, str]] = {
    Language.PYTHON: python.PLACES,
    Language.TYPESCRIPT: typescript.PLACES,
}
SHARED: Mapping[str, str] = {name: name for name in ("samconfig.toml", "contracts.yml")}
#: What a consumer has as it is in the checkout, and where. First rule, queues, log, role and alarms, as the
#: pipeline's own consumers have them.
SHAPE = "consumer.yml"
COPIES: Mapping[Language, Mapping[str, str]] = {
    Language.PYTHON: {SHAPE: SHAPE},
    Language.TYPESCRIPT: {SHAPE: SHAPE, **typescript.COPIES},
}

LIVE_ONLY = """\
Replays do not reach it (`--live-only`), because it would do its work twice. To accept them, set
`Replays: "true"` in template.yml."""
REPLAY_SAFE = """\
Replays reach it (`--replay-safe`), because handling an old event again, in any order, changes nothing. A
replay goes only to the rules that it names, so this consumer gets the history if somebody names its rule."""
REPLAY_HOW = """
## Get the history

The pipeline's archive holds every event. This sends the last day to this consumer and to nobody else:

    imagebus replay --stack PIPELINE --to-consumer [[name]] --from 1d --follow
"""


def rendered(consumer: Consumer, checkout: ContractFiles) -> dict[str, str]:
    """Path below the consumer's folder -> text."""
    values = _values(consumer)
    texts = files("tools.scaffold") / "files"
    templates = {name: texts / f"{name}.txt" for name in SHARED} | {
        name: texts / consumer.language / f"{name}.txt" for name in PLACES[consumer.language]
    }
    made = {
        place.format(package=consumer.package): fill(templates[name].read_text("utf-8"), values)
        for name, place in {**SHARED, **PLACES[consumer.language]}.items()
    }
    for source, place in COPIES[consumer.language].items():
        made[place] = (checkout.root / source).read_text(encoding="utf-8")
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
    own = python.values if consumer.language is Language.PYTHON else typescript.values
    return own(consumer) | {
        "name": consumer.name,
        "package": consumer.package,
        "stack": consumer.stack,
        "overrides": json.dumps([f"{name}={value}" for name, value in consumer.parameters.items()]),
        "events": ", ".join(names),
        "title": ", ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} other events",
        "detail_types": ",".join(names),
        "replays": '        Replays: "true"\n' if consumer.replay_safe else "",
        "listens": "\n".join(_listed(model) for model in consumer.events),
        "replay_text": REPLAY_SAFE if consumer.replay_safe else LIVE_ONLY,
        "replay_how": fill(REPLAY_HOW, {"name": consumer.name}) if consumer.replay_safe else "",
        "reads": "\n".join(_reads(model, consumer.language) for model in consumer.events),
    }


def _listed(model: type[Contract]) -> str:
    return textwrap.fill(f"- **{model.detail_type}**: {summary(model)}", 118, subsequent_indent="  ")


def _reads(model: type[Contract], language: Language) -> str:
    """What the handler that is written reads, and its log lines. A copy of the types knows these versions."""
    fields = ["event_id"] if issubclass(model, StackData) else ["event_id", "image_key", "correlation_id"]
    lines = "".join(f"\n      meta.{field}: string" for field in fields)
    known = ", ".join(map(str, range(1, model.version() + 1)))
    versions = "" if language.on_layer else f"    versions: [{known}] # of src/events.ts\n"
    return f"  {model.detail_type}:\n{versions}    reads:{lines}"
