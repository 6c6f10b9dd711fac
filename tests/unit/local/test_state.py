"""`.imagebus/local.json` is written atomically, private, and validated when it is read."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

from imagebus_local import state
from imagebus_local.state import LocalState

LOCAL = LocalState(
    endpoint="http://127.0.0.1:4566",
    region="us-east-1",
    pid=4711,
    outputs={"UploadsBucketName": "uploads"},
    api_url=None,
    api_key="secret",
    stack="imagebus",
    port=4566,
    sources="abc",
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    state.save(tmp_path / "local.json", LOCAL)
    assert state.load(tmp_path / "local.json") == LOCAL


def test_other_tools_find_what_they_rely_on(tmp_path: Path) -> None:
    state.save(tmp_path / "local.json", LOCAL)
    document = json.loads((tmp_path / "local.json").read_text(encoding="utf-8"))
    assert {"endpoint", "region", "pid", "outputs", "api_url", "api_key"} <= set(document)


def test_only_its_owner_can_read_the_file_even_when_it_was_open_to_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "local.json"
    path.parent.mkdir()
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o644)
    state.save(path, LOCAL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_saving_leaves_no_draft_behind(tmp_path: Path) -> None:
    state.save(tmp_path / "local.json", LOCAL)
    state.save(tmp_path / "local.json", replace(LOCAL, pid=1))
    assert [each.name for each in tmp_path.iterdir()] == ["local.json"]


def test_no_file_half_a_file_and_another_versions_file_are_no_state(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    assert state.load(path) is None
    for text in ("", '{"endpoint": "http', "[]", '{"endpoint": "x"}', '{"unknown": 1}'):
        path.write_text(text, encoding="utf-8")
        assert state.load(path) is None
