"""The documents are true: links resolve, named paths and commands exist, decision records share a format."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from imagebus_cli.main import app
from tests.simulation.modes import MODES

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"docs/events.md"}
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
WIDTH = 120
#: What docs/invariants.md calls the parts of the simulator.
CHECKS = {
    "model": ("reference", "variants"),
    "watch": ("watch", "promoted"),
    "ends": ("invariants",),
    "readers": ("changing",),
    "commands": ("changing",),
}


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


DOCUMENTS = tracked("*.md")
RECORDS = tracked("docs/adr/0*.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(name: str) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(name)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(name: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(name))):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    for link in links(name):
        path, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(str(target.relative_to(ROOT))), f"{name}: {link}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_in_code_style_exists(name: str) -> None:
    tops = "|".join(sorted({each.split("/")[0] for each in tracked() if "/" in each}))
    for path in re.findall(rf"`((?:{tops})/[^`\s]*)`", FENCE.sub("", text_of(name))):
        shape = re.sub(r"<\w+>|…", "*", path.split("::")[0].rstrip("/"))
        assert any(ROOT.glob(shape)), f"{name}: {path}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    for target in re.findall(r"(?:`|\$ |^    )make ([a-z][a-z-]*)", text_of(name), re.MULTILINE):
        assert target in targets, f"{name}: make {target}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_imagebus_command_exists(name: str) -> None:
    for words in re.findall(
        r"(?:`|\$ |bin/|^    |\()imagebus ((?:[a-z][a-z-]* ?)+)", text_of(name), re.MULTILINE
    ):
        command = typer.main.get_command(app)
        for word in words.split():
            subcommands = getattr(command, "commands", None)
            if subcommands is None:
                break
            assert word in subcommands, f"{name}: imagebus {words}"
            command = subcommands[word]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_python_module_that_is_run_exists(name: str) -> None:
    for module in re.findall(r"python -m ([\w.]+)", text_of(name)):
        # An example's package is in its own folder.
        paths = [each / module.replace(".", "/") for each in (ROOT, (ROOT / name).parent / "src")]
        found = [each.with_suffix(".py").is_file() or (each / "__main__.py").is_file() for each in paths]
        assert any(found), f"{name}: {module}"


@pytest.mark.parametrize("name", [each for each in DOCUMENTS if each not in GENERATED])
def test_lines_are_not_too_wide(name: str) -> None:
    prose = FENCE.sub("", text_of(name))
    if name != "README.md":  # people read its source, too
        prose = re.sub(r"\]\([^)\n]*\)", "]", prose)
    wide = [line for line in prose.splitlines() if len(line) > WIDTH and not line.startswith("|")]
    assert not wide, name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_table_row_follows_a_header_or_a_row(name: str) -> None:
    lines = ["", *FENCE.sub("", text_of(name)).splitlines(), ""]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith("|") and not before.startswith("|"):
            assert re.fullmatch(r"\|(?: *:?-+:? *\|)+ *", after), f"{name}: {line}"


@pytest.mark.parametrize("name", RECORDS)
def test_decision_records_share_one_format(name: str) -> None:
    text = text_of(name)
    number = int(Path(name).name[:4])
    assert re.match(rf"# {number}\. \S.*\n\nStatus: (accepted|superseded by .+), \d{{4}}-\d\d-\d\d\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_the_index_lists_every_decision_record() -> None:
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|", text_of("docs/adr/README.md"), re.MULTILINE)
    titles = [text_of(name).splitlines()[0].removeprefix("# ") for name in RECORDS]
    assert [(f"{number}. {title}", f"docs/adr/{path}") for number, title, path in rows] == list(
        zip(titles, RECORDS, strict=True)
    )


def test_every_invariant_names_a_check_that_exists() -> None:
    rows = re.findall(r"^\| (?!rule \||-)(.+?) \| (.+?) \|$", text_of("docs/invariants.md"), re.MULTILINE)
    assert len(rows) > 40
    for rule, checked in rows:
        part = ""
        for word in re.findall(r"`[^`]+`|\w+", checked):
            if word in CHECKS or word == "mode":
                part = word
            elif word.startswith("`"):
                assert is_a_check(part, word.strip("`")), f"{rule}: {word}"
        assert part or "`" in checked, rule


def is_a_check(part: str, name: str) -> bool:
    """Commands and paths have tests of their own."""
    simulation = "tests/simulation"
    if name.endswith(".py"):
        return (ROOT / name).is_file() or (ROOT / simulation / name).is_file()
    if part == "mode":
        return name in MODES
    if not name.isidentifier():
        return True
    return any(f"def {name}(" in text_of(f"{simulation}/{each}.py") for each in CHECKS[part])
