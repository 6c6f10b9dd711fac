"""The OpenAPI document, generated from the models and the table of operations."""

from __future__ import annotations

import json
import sys
from functools import cache

from pydantic import BaseModel

from api.models import (
    Accepted,
    Health,
    Image,
    ImageVariants,
    InlineUpload,
    Live,
    Page,
    ProblemDetails,
    PutTicket,
    Refusal,
    Retried,
    Stats,
    Ticket,
    Timeline,
    UploadRequest,
)
from api.operations import paths
from api.parts import Schema
from api.schemas import schemas
from api.settings import Settings
from imagebus import __version__

ANSWERS: list[type[BaseModel]] = [
    Accepted, Health, Image, ImageVariants, Live, Page, ProblemDetails, PutTicket, Refusal, Retried, Stats,
    Ticket, Timeline,
]  # fmt: skip


@cache
def document(
    max_bytes: int = Settings.max_bytes, content_types: tuple[str, ...] = Settings.content_types
) -> Schema:
    """What /openapi.json serves. docs/openapi.json has the default limits and every type there can be."""
    models = schemas(ANSWERS, [UploadRequest, InlineUpload])
    models["UploadRequest"]["properties"]["size"]["maximum"] = max_bytes
    for model in ("UploadRequest", "InlineUpload"):
        models[model]["properties"]["content_type"]["enum"] = list(content_types)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "imagebus",
            "version": __version__,
            "description": "Upload images, follow them through the pipeline, fetch the results. "
            "Every error is application/problem+json with a code.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "The address that served this document."}],
        "paths": paths(content_types),
        "components": {
            "schemas": models,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def text() -> str:
    """The document as docs/openapi.json holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(text().encode())
