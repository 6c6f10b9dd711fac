"""Text for people."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path

#: Joins emoji into one; the only invisible character that a key may show.
ZERO_WIDTH_JOINER = "\u200d"
#: How make spells an option of the command that it runs. The Makefile sets IMAGEBUS_MAKE for these.
IN_MAKE = {
    "--create-key": "CREATE_KEY",
    "--parameter": "PARAMETERS",
    "--profile": "AWS_PROFILE",
    "--region": "AWS_REGION",
    "--runtime": "RUNTIME",
    "--stack": "STACK",
    "--yes": "YES",
}
#: A command in a sentence. A path to imagebus is none, nor is "an imagebus stack".
COMMAND = re.compile(
    r"(?<![\w./-])imagebus (?=(?:contracts|cost|delete|demo|deploy|destroy|diff|doctor|erase|events|get"
    r"|import|inspect|latency|list|load|local|new-consumer|rebuild|recipe|replay|retry|schemas|smoke|status"
    r"|test-consumer|try-consumer|upload|verify)\b)"
)


def option(name: str, value: str = "") -> str:
    """An option for advice, as the user would write it: `--runtime python3.12`, or `RUNTIME=python3.12`."""
    if os.environ.get("IMAGEBUS_MAKE") and name in IN_MAKE:
        return f"{IN_MAKE[name]}={value or '1'}" if " " not in value else f'{IN_MAKE[name]}="{value}"'
    return f"{name} {value}".rstrip()


def program() -> str:
    """How the user can call this program: by its name if that is this one on the PATH, else by its path."""
    own, found = Path(sys.executable).with_name("imagebus"), shutil.which("imagebus")
    if not own.exists() or (found and own.samefile(found)):
        return "imagebus"
    with suppress(FileNotFoundError, ValueError):  # the working directory is gone, or elsewhere
        own = own.relative_to(Path.cwd())
    return shlex.quote(str(own))


def hint(advice: str) -> str:
    """Advice whose commands can be pasted: in a checkout, only an activated shell finds `imagebus`."""
    return COMMAND.sub(lambda _: f"{program()} ", advice)


def count(number: int, noun: str, plural: str = "") -> str:
    """1 and "file" as "1 file", 1234 as "1,234 files"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def visible(text: str) -> str:
    """Show control, direction and other invisible characters as \\uXXXX, so no key can look like another."""
    return "".join(
        char if char.isprintable() or char == ZERO_WIDTH_JOINER else f"\\u{ord(char):04x}" for char in text
    )


def bytes_text(size: int) -> str:
    """1234567 as "1.2 MB"."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
