"""The lock matches the project's requirement files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASKED = ("requirements.in", *(f"layers/{name}/requirements.txt" for name in ("auth", "core", "imaging")))
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return {package.lower().replace("_", "-"): version for package, version in PIN.findall(text)}


@pytest.mark.parametrize("name", ASKED)
def test_every_pin_is_in_the_lock(name: str):
    locked = pins("requirements.lock")
    asked = pins(name)
    assert asked
    assert {package: locked.get(package) for package in asked} == asked


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-uv.lock"])
def test_every_package_has_hashes_and_no_host_is_named(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
