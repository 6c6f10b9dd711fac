"""What ships with code, and how SAM's errors become advice."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest

from imagebus_local import LocalError, layers, postbuild, sam


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_what_no_function_reads_is_pruned(tmp_path: Path) -> None:
    gone = [
        write(tmp_path / "package" / "types.pyi"),
        write(tmp_path / "package" / "tests" / "__init__.py"),
        write(tmp_path / "imagebus" / "testing" / "__init__.py"),
        write(tmp_path / ".mypy_cache" / "big.json"),
    ]
    kept = [
        write(tmp_path / "package" / "code.py"),
        write(tmp_path / "package" / "tests_of_time.py"),
        write(tmp_path / "numpy" / "testing" / "__init__.py"),
    ]
    postbuild.prune(tmp_path)
    assert [each.exists() for each in gone] == [False] * 4
    assert [each.exists() for each in kept] == [True] * 3


def test_byte_code_holds_after_the_file_times_changed(tmp_path: Path) -> None:
    source = write(tmp_path / "module.py", "ANSWER = 42")
    postbuild.compile_all(tmp_path)
    compiled = Path(importlib.util.cache_from_source(str(source)))
    # PEP 552: bit 0 of the flags says "by hash", bit 1 "check the source"; unchecked is 1.
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 1


def test_a_layer_gets_its_packages_and_loses_them_with_their_requirement(tmp_path: Path) -> None:
    source = tmp_path / "source"
    write(source / "requirements.txt", "# nothing\n")
    write(source / "mine" / "__init__.py", "ONE = 1")
    write(source / "mine" / "__pycache__" / "stale.pyc")
    write(source / "notes" / "no_package.txt")
    content = layers.build(source, tmp_path / "target", {})
    assert (content / "python" / "mine" / "__init__.py").read_text(encoding="utf-8") == "ONE = 1"
    assert not (content / "python" / "notes").exists()
    assert not (content / "python" / "mine" / "__pycache__" / "stale.pyc").exists()

    stray = write(content / "python" / "third_party" / "__init__.py")
    write(source / "mine" / "__init__.py", "TWO = 2")
    layers.build(source, tmp_path / "target", {})
    assert stray.exists(), "the same requirements are not installed again"
    assert (content / "python" / "mine" / "__init__.py").read_text(encoding="utf-8") == "TWO = 2"

    write(source / "requirements.txt", "# nothing, in other words\n")
    layers.build(source, tmp_path / "target", {})
    assert not stray.exists()


def test_a_layer_is_packed_again_only_when_its_sources_changed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    write(source / "requirements.txt", "# nothing\n")
    code = write(source / "mine" / "__init__.py", "ONE = 1")
    packed = layers.archive(target)

    content = layers.build(source, target, {})
    with zipfile.ZipFile(packed) as archive:
        compiled = importlib.util.cache_from_source("python/mine/__init__.py")
        assert set(archive.namelist()) >= {"python/mine/__init__.py", compiled}
    built = packed.stat().st_mtime_ns
    kept = write(content / "python" / "kept.py")
    layers.build(source, target, {})
    assert packed.stat().st_mtime_ns == built

    code.write_text("TWO = 2", encoding="utf-8")
    layers.build(source, target, {})
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("python/mine/__init__.py") == b"TWO = 2"
        assert f"python/{kept.name}" in archive.namelist()


def test_a_missing_sam_is_said_with_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError) as caught:
        sam.build(tmp_path / "template.yml", tmp_path, {})
    assert (caught.value.code, caught.value.advice) == ("sam_missing", "Run: make setup")


def test_the_tail_of_a_log_is_its_last_lines_without_chatter() -> None:
    text = "\n".join([*(f"line {n}" for n in range(100)), "", "SAM CLI update available", "Error: why"])
    said = sam.tail(text).splitlines()
    assert said[-1] == "Error: why"
    assert len(said) == sam.TAIL_LINES
    assert not any("update" in line for line in said)


def test_sam_leaves_no_folders_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`sam deploy` makes a temporary folder for each function and forgets it."""
    program = write(tmp_path / "bin" / "sam", "#!/bin/sh\nmktemp -d\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program.with_name("python")))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    finished = sam.run(["deploy"], {"PATH": os.defpath, "TMPDIR": str(tmp_path / "tmp")})
    made = Path(finished.stdout.strip())
    assert made.is_relative_to(tmp_path / "tmp")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_built_template_is_json_because_sam_reads_it_dozens_of_times(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def build(*_: object) -> subprocess.CompletedProcess[str]:
        for name in ("template.yaml", "Nested/template.yaml"):
            write(tmp_path / "out" / name, "Resources: {A: {Value: !Ref B}}\n")
        return subprocess.CompletedProcess([], 0, stdout="")

    template = write(tmp_path / "template.yml", f"Parameters: {{Runtime: {{Default: {sam.runtime()}}}}}\n")
    monkeypatch.setattr(sam, "run", build)
    built = sam.build(template, tmp_path, {})
    for path in (built, tmp_path / "out" / "Nested" / "template.yaml"):
        assert json.loads(path.read_text(encoding="utf-8")) == {"Resources": {"A": {"Value": {"Ref": "B"}}}}
