"""Answers are what the OpenAPI document says, exactly: generated clients take their types from it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.openapi import document
from imagebus.events.analyzer import Box, Face, Faces, Label, LabelsDetected, ModerationLabel
from imagebus.events.validator import ImageRejected
from tests.integration.api.conftest import World

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]

LABELS = LabelsDetected(
    labels=(Label(name="Cat", confidence=98.5, parents=("Animal",)), Label(name="Sofa", confidence=70)),
    model_versions={"labels": "3.0", "faces": "7.0"},
    faces=Faces(
        count=1, largest=(Face(box=Box(left=0.1, top=0, width=0.2, height=0.3), confidence=99, smile=True),)
    ),
    moderation=(ModerationLabel(name="Alcohol", confidence=51, parent="Drinks"),),
    skipped={"faces": "throttled"},
)


def closed(schema: Any) -> Any:
    """The schema, without room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if isinstance(inner.get("properties"), dict) else inner


def check(model: str, answer: dict[str, Any]) -> None:
    whole = {"$ref": f"#/components/schemas/{model}", "components": {"schemas": closed(SCHEMAS)}}
    Draft202012Validator(whole).validate(answer)


def test_images_in_every_state_are_as_described(world: World) -> None:
    cause = world.completed("done.jpg")
    world.tell(cause, LABELS)
    world.rejected("bad.jpg")
    world.tell(
        world.uploaded("big.jpg"), ImageRejected(code="too_many_pixels", limit=1, actual=2, detail="no")
    )
    world.failed("unlucky.jpg")
    world.uploaded("new.jpg")
    for key in ("done.jpg", "bad.jpg", "big.jpg", "unlucky.jpg", "new.jpg"):
        check("Image", world.get(f"images/{key}", urls="true").json)
        check("Timeline", world.get(f"images/{key}/events").json)
    check("Page", world.get("images", urls="true").json)
    check("ImageVariants", world.get("images/done.jpg/variants").json)
    shown = world.get("images/done.jpg").json
    assert shown["labels"]["faces"]["largest"][0]["smile"] is True
    assert shown["metadata"]["thumbhash"] == shown["thumbhash"]


def test_problems_are_as_described(world: World) -> None:
    check("ProblemDetails", world.get("images/none.jpg").json)
    invalid = world.post("images", {"filename": ""}).json
    assert invalid["errors"]
    check("ProblemDetails", invalid)


def test_tickets_and_refusals_are_as_described(world: World) -> None:
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 9}
    form, put, refused = world.post("images", [file, {**file, "key": "uploads/a.jpg"}, {}]).json
    check("Ticket", form)
    check("PutTicket", put)
    check("Refusal", refused)
    check("Stats", world.get("stats").json)


@pytest.mark.parametrize("model", sorted(SCHEMAS))
def test_no_field_is_untyped_may_be_null_or_has_a_default(model: str) -> None:
    for name, field in SCHEMAS[model]["properties"].items():
        assert field.keys() & {"type", "$ref", "anyOf", "enum", "const"}, name
        assert "default" not in field, name
        assert {"type": "null"} not in field.get("anyOf", ()), name
        if field.get("type") == "object" and (model, name) != ("TimelineEvent", "data"):
            assert isinstance(field["additionalProperties"], dict), name


def test_what_every_answer_has_is_required() -> None:
    assert {"outstanding", "failures", "stages", "thumbnails", "links"} <= set(SCHEMAS["Image"]["required"])
    assert not {"metadata", "labels", "rejection", "urls"} & set(SCHEMAS["Image"]["required"])
