"""Nothing in a key can write to the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from imagebus_cli.output.terminal import safe
from imagebus_cli.output.text import bytes_text, count, option, visible


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
