"""The web page as one document: style and scripts are inline, and only their hashes are allowed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_STYLESHEET = re.compile(r'<link rel="stylesheet" href="([\w.-]+)">')
_SCRIPT = re.compile(r'<script src="([\w./-]+)"></script>')


@dataclass(frozen=True, slots=True)
class Page:
    html: str
    etag: str
    content_security_policy: str


def compose(
    folder: Traversable, storage_origins: Iterable[str], max_bytes: int, content_types: Iterable[str]
) -> Page:
    """The page of `folder`. It may connect only to its own origin and to the buckets.

    It refuses files of more than `max_bytes` or of other types before it sends anything.
    """
    html = (folder / "index.html").read_text(encoding="utf-8")
    limits = f'data-max-bytes="{max_bytes}" data-types="{" ".join(content_types)}"'
    html = html.replace('<html lang="en">', f'<html lang="en" {limits}>', 1)
    html, styles = _inline(html, _STYLESHEET, "style", folder)
    html, scripts = _inline(html, _SCRIPT, "script", folder)
    origins = " ".join(sorted(set(storage_origins)))
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(scripts),
        "style-src": " ".join(styles),
        "img-src": f"'self' blob: data: {origins}",
        "connect-src": f"'self' {origins}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    csp = "; ".join(f"{name} {value}" for name, value in policy.items())
    digest = hashlib.sha256((html + csp).encode()).hexdigest()[:32]
    return Page(html, f'"{digest}"', csp)


def _inline(html: str, pattern: re.Pattern[str], tag: str, folder: Traversable) -> tuple[str, list[str]]:
    """Replace each reference by the file's text. Also returns the hash of each text."""
    hashes: list[str] = []

    def replacement(match: re.Match[str]) -> str:
        text = (folder / match[1]).read_text(encoding="utf-8")
        hashes.append(_hash(text))
        return f"<{tag}>{text}</{tag}>"

    return pattern.sub(replacement, html), hashes


def web() -> Traversable:
    """The files of web/, shipped as a layer."""
    return files("imagebus_web")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
