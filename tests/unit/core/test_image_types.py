"""One table of image types, and everything that has to repeat it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from imagebus.image_types import (
    FORMATS,
    IMAGE_TYPES,
    MIME_OF_EXTENSION,
    MIME_TYPES,
    MimeType,
    SourceFormat,
)
from imagebus_local.templates import read

ROOT = Path(__file__).parents[3]


def test_the_names_that_types_are_checked_with_are_those_of_the_table() -> None:
    assert set(get_args(SourceFormat)) == {each.format for each in IMAGE_TYPES}
    assert get_args(MimeType) == tuple(each.mime for each in IMAGE_TYPES)


def test_the_gateway_takes_the_bytes_of_every_type() -> None:
    body = read(ROOT / "template.yml")["Resources"]["Api"]["Properties"]["DefinitionBody"]
    assert tuple(body["x-amazon-apigateway-binary-media-types"]) == MIME_TYPES


def test_the_stack_accepts_every_format_but_the_optional_ones_unless_told_otherwise() -> None:
    default = read(ROOT / "template.yml")["Parameters"]["AcceptedFormats"]["Default"]
    assert tuple(default.split(",")) == FORMATS


def test_the_page_knows_the_extensions_of_every_type() -> None:
    script = (ROOT / "web" / "imagebus_web" / "tray.js").read_text(encoding="utf-8")
    assert dict(re.findall(r'^    (\w+): "(image/\w+)",$', script, re.MULTILINE)) == MIME_OF_EXTENSION
