"""Image keys in URLs: every S3 key has an address, and every address names one key.

An address is the percent-encoded key with unencoded slashes; or `~` and the key in base64url, which no
client, proxy or gateway can misread. The second form is for keys whose first form would be ambiguous: those
with empty or dot segments, those that end like a sub-resource (`a/events`), those that begin with `~`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

ROOT = "/images/"
#: The sub-resources of each method. Any other word is part of the key.
SUBRESOURCES = {
    "GET": frozenset({"status", "events", "original", "processed", "variants"}),
    "POST": frozenset({"retry"}),
    "DELETE": frozenset[str](),
}
#: For unsupported methods: the response names the supported ones.
RESERVED = frozenset[str]().union(*SUBRESOURCES.values())
#: Sub-resources with a name after them, for GET alone.
NAMED = frozenset({"thumbnails", "variants"})

#: S3's limit, in bytes of UTF-8.
MAX_KEY_BYTES = 1024


class NoSuchAddress(Exception):
    """No object can have such a key."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path below /images/ points at; `rest` is the sub-resource with its slash, or empty."""

    key: str
    rest: str


def token(key: str) -> str:
    """The key as one path segment that consists of unreserved characters."""
    return "~" + base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def untoken(segment: str) -> str:
    """The inverse of `token`. Raises NoSuchAddress."""
    text = segment[1:]
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise NoSuchAddress from error
    if not key or token(key) != segment:  # one address of this form per key
        raise NoSuchAddress
    return key


def address(key: str) -> str:
    """The path of an image, relative to the API: `images/uploads/a%20b.jpg`."""
    return ROOT[1:] + (quote(key, safe="/") if _is_plain(key) else token(key))


def _is_plain(key: str) -> bool:
    segments = key.split("/")
    return (
        key.isprintable()
        and not key.startswith("~")
        and not any(segment in ("", ".", "..") for segment in segments)
        and not (len(segments) > 1 and segments[-1] in RESERVED)
        and not (len(segments) > 2 and segments[-2] in NAMED)
    )


def request_path(event: Mapping[str, Any]) -> tuple[str, bool]:
    """The path of an API Gateway event, and whether it is already decoded.

    A REST API passes the path as it was sent. An event with a payload format (`version`, from HTTP APIs and
    emulators of API Gateway) carries it decoded, and decoding it again would turn `%2541` into `A`.
    """
    return event["path"], "version" in event


def target(path: str, method: str, *, decoded: bool) -> Target:
    """What `path`, which begins with /images/, refers to for a method. Raises NoSuchAddress."""
    segments = path.removeprefix(ROOT).split("/")
    count = len(segments)
    if count > 1 and segments[-1] in SUBRESOURCES.get(method, RESERVED):
        key_segments, rest = segments[:-1], segments[-1:]
    elif method not in ("POST", "DELETE") and count > 2 and segments[-2] in NAMED:
        key_segments, rest = segments[:-2], segments[-2:]
    else:
        key_segments, rest = segments, []
    key = "/".join(key_segments)
    if key.startswith("~") and len(key_segments) == 1:
        key = untoken(key)
    elif not decoded:
        try:
            key = unquote(key, errors="strict")
        except UnicodeDecodeError as error:
            raise NoSuchAddress from error
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise NoSuchAddress from error
    if not 0 < size <= MAX_KEY_BYTES:
        raise NoSuchAddress
    return Target(key, "".join(f"/{segment}" for segment in rest))


def canonical(event: Mapping[str, Any]) -> str:
    """The event's path with the key as a token, so that each route is one pattern. Raises NoSuchAddress."""
    path, decoded = request_path(event)
    if not path.startswith(ROOT) or path == ROOT:
        return path.rstrip("/") or "/"
    found = target(path, event["httpMethod"], decoded=decoded)
    return f"{ROOT}{token(found.key)}{found.rest}"
