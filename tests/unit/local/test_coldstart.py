"""Workers share what MiniStack unpacks for them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

from imagebus_local.coldstart import share_layers


def archive(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return path


def unpack(runtime: SimpleNamespace, source: Path, target: Path) -> Path:
    """As MiniStack's Lambda runtime does for a new worker."""
    target.mkdir()
    with runtime.zipfile.ZipFile(source) as opened:
        opened.extractall(target)
    return target


def test_the_second_worker_gets_the_files_of_the_first_and_another_archive_its_own(tmp_path: Path) -> None:
    runtime = SimpleNamespace(zipfile=zipfile)
    share_layers(runtime)
    layer = archive(tmp_path / "layer.zip", module="1")
    newer = archive(tmp_path / "newer.zip", module="2")
    first, second = unpack(runtime, layer, tmp_path / "first"), unpack(runtime, layer, tmp_path / "second")
    other = unpack(runtime, newer, tmp_path / "other")
    assert (first / "module").read_text() == (second / "module").read_text() == "1"
    assert (first / "module").samefile(second / "module")
    assert (other / "module").read_text() == "2"


def test_the_rest_of_the_module_is_still_there() -> None:
    runtime = SimpleNamespace(zipfile=zipfile)
    share_layers(runtime)
    assert runtime.zipfile.BadZipFile is zipfile.BadZipFile
