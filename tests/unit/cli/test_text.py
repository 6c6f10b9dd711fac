"""Nothing in a key can write to the terminal."""

from __future__ import annotations

import ast
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from imagebus_cli import main
from imagebus_cli.output.terminal import safe
from imagebus_cli.output.text import COMMAND, bytes_text, count, hint, option, program, visible


@pytest.mark.parametrize("text", ["plain.jpg", "été/漢字 🌅.jpg", "a+b %2B (1).jpg", "👩\u200d🚀.png"])
def test_what_a_person_can_read_stays_as_it_is(text: str):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", r"a\u000ab"), ("\x1b[31mred", r"\u001b[31mred"), ("x\u202egpj.exe", r"x\u202egpj.exe")],
)
def test_control_and_direction_characters_are_spelled_out(text: str, shown: str):
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", ":smile:", "[link=http://x]y[/link]", "[red"])
def test_markup_in_a_key_is_only_text(text: str):
    out = io.StringIO()
    Console(file=out, emoji=False, highlight=False).print(safe(text))
    assert out.getvalue().strip() == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (345_380, "345 kB"),
        (5 * 10**9, "5.0 GB"),
    ],
)
def test_sizes_are_short(size: int, text: str):
    assert bytes_text(size) == text


def test_one_thing_is_singular():
    assert [count(number, "file") for number in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]
    assert count(2, "entry", "entries") == "2 entries"


def test_an_option_is_spelled_as_the_user_would_write_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("IMAGEBUS_MAKE", raising=False)
    assert (option("--yes"), option("--stack", "a")) == ("--yes", "--stack a")
    monkeypatch.setenv("IMAGEBUS_MAKE", "1")
    assert (option("--yes"), option("--stack", "a")) == ("YES=1", "STACK=a")
    assert option("--parameter", "A=1 B=2") == 'PARAMETERS="A=1 B=2"'
    assert option("--force") == "--force"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a virtual environment that is not activated, as the working directory."""
    for folder in (".venv/bin", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "imagebus").touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_hint_can_be_pasted_wherever_the_user_is(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    advice = "Run imagebus doctor, then `imagebus list`; an imagebus stack, or x/imagebus list"
    pasted = advice.replace("imagebus doctor", "{0} doctor").replace("`imagebus list", "`{0} list")
    assert hint(advice) == hint(hint(advice)) == pasted.format(".venv/bin/imagebus")
    monkeypatch.chdir("elsewhere")
    assert hint(advice) == pasted.format(checkout / ".venv/bin/imagebus")
    monkeypatch.setenv("PATH", str(checkout / ".venv/bin"))
    assert hint(advice) == advice


def test_another_imagebus_on_the_path_is_not_this_one(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(checkout / "elsewhere"))
    assert program() == ".venv/bin/imagebus"
    (checkout / "elsewhere" / "imagebus").unlink()
    (checkout / "elsewhere" / "imagebus").symlink_to(checkout / ".venv/bin/imagebus")  # as pipx installs it
    assert program() == "imagebus"


def test_a_folder_with_a_space_is_quoted(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    moved = checkout.rename(checkout.with_name("my checkout"))
    moved.with_name("other").mkdir()
    monkeypatch.setattr(sys, "executable", str(moved / ".venv" / "bin" / "python"))
    monkeypatch.chdir(moved.parent / "other")
    assert hint("imagebus list") == f"'{moved}/.venv/bin/imagebus' list"


@pytest.mark.parametrize("name", [name for panel in main.PANELS.values() for name in panel])
def test_every_command_is_one_that_a_hint_may_name(name: str):
    assert COMMAND.search(f"Run: imagebus {name} x")


#: What makes hints of its arguments when they are shown, or is given to it.
SHOWN_AS_HINTS = {"hint", "Problem", "LocalError", "Finding", "Difference", "answers", "_fail"}
#: What typer shows beside a command.
HELP = {"Option", "Argument", "Typer"}


def bare_commands(node: ast.AST, inside: bool = False) -> Iterator[ast.Constant]:
    """The texts with a command that is printed as it is; those in docstrings are help."""
    name = ""
    match node:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            name = called
        case ast.Assign(targets=[ast.Name(id=called)]) | ast.AnnAssign(target=ast.Name(id=called)):
            name = called
        case ast.AugAssign(target=ast.Name(id=called)) | ast.FunctionDef(name=called):
            name = called
    inside |= name in SHOWN_AS_HINTS | HELP or name.strip("_").lower() in {
        "advice",
        "fix",
        "never_deployed",
        "stuck",
    }
    body = getattr(node, "body", None)
    for child in ast.iter_child_nodes(node):
        documents = isinstance(body, list) and body and child is body[0] and isinstance(child, ast.Expr)
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if COMMAND.search(child.value) and not inside:
                yield child
        elif not documents:
            yield from bare_commands(child, inside)


@pytest.mark.parametrize("folder", ["cli", "local"])
def test_every_command_that_is_shown_can_be_pasted(folder: str):
    """A plain "imagebus doctor" in the output of `make` fails in the shell that ran it. See `hint`."""
    root = Path(__file__).parents[3] / folder
    found = [
        f"{path.name}:{each.lineno}: {each.value}"
        for path in root.rglob("*.py")
        for each in bare_commands(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
