"""The page that `make catalog` builds."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import ROOT, catalog


def shown(html: str) -> dict[str, Any]:
    """What the page gives to the viewer."""
    (text,) = re.findall(r"<script>AsyncApiStandalone\.render\((.+), document\.getElement", html)
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_page_has_the_whole_document() -> None:
    document = (ROOT / "schemas" / "asyncapi.yml").read_text(encoding="utf-8")
    assert shown(catalog.page(document))["schema"] == document


def test_no_text_of_a_document_ends_the_script() -> None:
    document = "title: '</script><script>alert(1)</script><!--'"
    html = catalog.page(document)
    assert html.count("</script>") == 2
    assert "<!--" not in html
    assert shown(html)["schema"] == document


def test_without_npm_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(catalog.NotBuilt, match="Install Node"):
        catalog.build(ROOT, tmp_path / "catalog")
    assert not (tmp_path / "catalog").exists()


@pytest.mark.parametrize(("delivers", "said"), [(True, "another"), (False, "could not download")])
def test_only_the_named_package_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, delivers: bool, said: str
) -> None:
    def run(command: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
        if delivers:
            (cwd / "package.tgz").write_bytes(b"another one")
        return subprocess.CompletedProcess(command, 0 if delivers else 1, "", "E404")

    monkeypatch.setattr(catalog.shutil, "which", lambda _name: "npm")
    monkeypatch.setattr(catalog.subprocess, "run", run)
    with pytest.raises(catalog.NotBuilt, match=said):
        catalog.build(ROOT, tmp_path / "catalog")
    assert not (tmp_path / "catalog").exists()
