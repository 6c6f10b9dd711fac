"""The events that a consumer is tested with: two or more uploads to one key, told by golden events."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imagebus.clock import timestamp
from imagebus.events import Contract, NotAnEvent, StackData
from imagebus.events.catalog import BY_DETAIL_TYPE, parse
from imagebus.identity import NAMESPACE, event_id, image_id
from imagebus.testing.kit.golden import golden_events
from imagebus.testing.kit.messages import Message, text_of

KEY = "holiday/IMG_0042.jpg"
#: Another image, whose key has all that keys may have.
AWKWARD_KEY = "inbox/report+final %2B ünïcode 🖼.png"
BEGINNING = datetime(2026, 3, 14, 9, 26, 53, 589000, tzinfo=UTC)

#: Facts that exclude those of the other groups: each group is about uploads of its own.
ENDINGS: tuple[frozenset[str], ...] = (
    frozenset({"ImageRejected"}),
    frozenset({"ProcessingFailed", "ProcessingStalled", "WatermarkSkipped", "LabelsSkipped"}),
    frozenset({"ImageDeleted"}),
)


@dataclass(frozen=True)
class Upload:
    """One upload to a key, the `number`th that the story tells."""

    key: str
    number: int

    @property
    def name(self) -> str:
        return f"upload {self.number}" if self.key == KEY else "another image"

    @property
    def revision(self) -> str:
        """Greater is newer."""
        return f"0066A1B2C3D4{self.number:04X}".ljust(32, "0")

    @property
    def version_id(self) -> str:
        return f"version-{self.number}"

    @property
    def at(self) -> datetime:
        return BEGINNING + timedelta(hours=self.number)


def deck(detail_types: Sequence[str]) -> list[Message]:
    """The facts in the order in which they occurred. Raises KeyError for a type that is not known."""
    models = [BY_DETAIL_TYPE[name] for name in dict.fromkeys(detail_types)]
    of_images = [model for model in models if not issubclass(model, StackData)]
    return [*_story(of_images), *_another_image(of_images), *_about_stack(models)]


def originals(detail_types: Sequence[str]) -> list[tuple[str, str, str]]:
    """Key, version id and revision of each upload that the deck is about, the oldest first."""
    metas = [message.envelope["detail"]["meta"] for message in deck(detail_types) if message.image]
    found = {(meta["image_key"], meta["version_id"], meta["revision"]) for meta in metas}
    return sorted(found, key=lambda upload: upload[2])


def as_committed(detail_types: Sequence[str]) -> list[Message]:
    """Every golden event of these types as its file has it."""
    return [
        Message(f"golden event {name}", text_of(envelope), envelope["detail-type"])
        for name, envelope in golden_events().items()
        if envelope["detail-type"] in detail_types
    ]


def newest_version(detail_type: str) -> int:
    return BY_DETAIL_TYPE[detail_type].version()


def _story(models: Sequence[type[Contract]]) -> Iterator[Message]:
    """Each fact at least twice, about an older and about a newer upload; an older version before a newer."""
    groups = [[model for model in models if _ending(model) == ending] for ending in range(-1, len(ENDINGS))]
    number = 0
    rounds = max((2, *(model.version() for model in models)))
    for each in range(rounds):
        for group in filter(None, groups):
            number += 1
            for order, model in enumerate(group):
                version = min(each + 1, model.version())
                yield _told(model, version, Upload(KEY, number), order, variant=each + 1 - version)


def _another_image(models: Sequence[type[Contract]]) -> Iterator[Message]:
    for model in models[:1]:
        yield _told(model, model.version(), Upload(AWKWARD_KEY, 1), 0, variant=0)


def _about_stack(models: Sequence[type[Contract]]) -> Iterator[Message]:
    for model in models:
        if issubclass(model, StackData):
            told = sorted(
                _golden(model, model.version()), key=lambda each: each["detail"]["meta"]["occurred_at"]
            )
            for number, envelope in enumerate(told, 1):
                name = f"{model.detail_type} v{model.version()} ({number})"
                yield Message(name, text_of(envelope), model.detail_type, model.version(), "", f"({number})")


def _ending(model: type[Contract]) -> int:
    return next((at for at, names in enumerate(ENDINGS) if model.detail_type in names), -1)


def _golden(model: type[Contract], version: int) -> list[dict[str, Any]]:
    return [
        envelope
        for envelope in golden_events().values()
        if envelope["detail-type"] == model.detail_type
        and envelope["detail"]["meta"]["schema_version"] == version
    ]


def _told(model: type[Contract], version: int, upload: Upload, order: int, *, variant: int) -> Message:
    """A golden event as if it were about this upload. A later `variant` has other numbers in its data."""
    examples = _golden(model, version)
    golden = examples[min(variant, len(examples) - 1)]
    envelope = _retold(golden, upload)
    meta = envelope["detail"]["meta"]
    at = upload.at + timedelta(minutes=order)
    meta |= {
        "event_id": event_id(model.detail_type, upload.key, upload.revision),
        "correlation_id": event_id("ImageUploaded", upload.key, upload.revision),
        "image_key": upload.key,
        "revision": upload.revision,
        "version_id": upload.version_id,
        "occurred_at": timestamp(at),
    }
    envelope |= {"id": _renamed(golden["id"], upload), "time": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    varied = {**envelope, "detail": {"meta": meta, "data": _varied(envelope["detail"]["data"], variant)}}
    if _is_valid(model.detail_type, varied["detail"]):
        envelope = varied
    name = f"{model.detail_type} v{version} ({upload.name})"
    return Message(name, text_of(envelope), model.detail_type, version, upload.key, upload.name)


def _retold(golden: dict[str, Any], upload: Upload) -> dict[str, Any]:
    """The event with this upload wherever it names its own: in names of objects and failed events, too."""
    meta = golden["detail"]["meta"]
    names = {
        meta["image_key"]: upload.key,
        image_id(meta["image_key"]): image_id(upload.key),
        meta["revision"]: upload.revision,
    }
    if "version_id" in meta:
        names[meta["version_id"]] = upload.version_id
    names |= {each: _renamed(each, upload) for each in _ids(golden)}
    told: dict[str, Any] = _replaced(golden, names)
    return told


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and (name == "id" or name.endswith("_id")) and _is_uuid(each):
                yield each
            yield from _ids(each)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _renamed(old: str, upload: Upload) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{old} {upload.key} {upload.revision}"))


def _replaced(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, names) for each in value]
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
    return value


def _varied(value: Any, by: int) -> Any:
    """The data with greater integers, so that an older event does not look like a newer one."""
    if isinstance(value, dict):
        return {name: each if name == "failed_event" else _varied(each, by) for name, each in value.items()}
    if isinstance(value, list):
        return [_varied(each, by) for each in value]
    return value + by if isinstance(value, int) and not isinstance(value, bool) else value


def _is_valid(detail_type: str, detail: Mapping[str, Any]) -> bool:
    try:
        parse(detail_type, detail)
    except NotAnEvent:
        return False
    return True
