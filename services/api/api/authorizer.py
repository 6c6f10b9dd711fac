"""Authorization: Bearer token -> Allow, or 401. Only where the stack has a JwtIssuer.

RSA signatures are checked with the standard library: verifying needs no secret, one modular power and a
comparison with the only encoding that is right (RFC 8017, 8.2.2), and spares every cold start a C library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from imagebus.telemetry import logger

#: DigestInfo of each hash function (RFC 8017, 9.2, note 1).
ALGORITHMS: Mapping[str, tuple[str, bytes]] = {
    "RS256": ("sha256", bytes.fromhex("3031300d060960864801650304020105000420")),
    "RS384": ("sha384", bytes.fromhex("3041300d060960864801650304020205000430")),
    "RS512": ("sha512", bytes.fromhex("3051300d060960864801650304020305000440")),
}

MIN_KEY_BITS = 2048
LEEWAY_SECONDS = 60
KEYS_FOR_SECONDS = 3600
#: A token with an unknown key may make us look for new keys, but not more often than this.
REFRESH_SECONDS = 60

Json = dict[str, Any]


class InvalidToken(Exception):
    """The token is not one that the issuer gave for this audience, or it is too old or too young."""


@dataclass
class Issuer:
    """An OpenID Connect issuer and its keys. `fetch` reads a JSON document from an https address."""

    url: str
    audience: str
    fetch: Callable[[str], Json]
    now: Callable[[], float] = time.time
    _keys: dict[str, Json] = field(default_factory=dict)
    _fetched_at: float = float("-inf")

    def verify(self, token: str) -> Json:
        """The claims of a valid token. Raises InvalidToken."""
        try:
            signed, _, encoded_signature = token.rpartition(".")
            header, claims = (json.loads(_decode(part)) for part in signed.split("."))
            signature = _decode(encoded_signature)
            algorithm, kid, issuer = header["alg"], header["kid"], claims["iss"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidToken("not a signed token") from error
        if issuer != self.url:
            raise InvalidToken("of another issuer")
        if algorithm not in ALGORITHMS:
            raise InvalidToken("not signed with RSA")
        if not _is_signed_by(self._key(kid), algorithm, signed.encode(), signature):
            raise InvalidToken("the signature is wrong")
        self._check(claims)
        return dict(claims)

    def _check(self, claims: Json) -> None:
        now = self.now()
        if not _is_number(claims.get("exp")) or claims["exp"] + LEEWAY_SECONDS < now:
            raise InvalidToken("expired")
        if "nbf" in claims and (not _is_number(claims["nbf"]) or claims["nbf"] - LEEWAY_SECONDS > now):
            raise InvalidToken("not valid yet")
        # Cognito's access tokens name the client instead of an audience.
        audience = claims.get("aud", claims.get("client_id"))
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidToken("for another audience")

    def _key(self, kid: str) -> Json:
        age = self.now() - self._fetched_at
        if age > KEYS_FOR_SECONDS or (kid not in self._keys and age > REFRESH_SECONDS):
            jwks_uri = self.fetch(f"{self.url}/.well-known/openid-configuration")["jwks_uri"]
            self._keys = {key["kid"]: key for key in self.fetch(jwks_uri)["keys"] if key.get("kty") == "RSA"}
            self._fetched_at = self.now()
        if kid not in self._keys:
            raise InvalidToken("signed with an unknown key")
        return self._keys[kid]


def _is_signed_by(key: Json, algorithm: str, message: bytes, signature: bytes) -> bool:
    modulus, exponent = (int.from_bytes(_decode(key[name])) for name in ("n", "e"))
    size = (modulus.bit_length() + 7) // 8
    if modulus.bit_length() < MIN_KEY_BITS or len(signature) != size:
        return False
    name, prefix = ALGORITHMS[algorithm]
    digest = prefix + hashlib.new(name, message).digest()
    expected = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    return hmac.compare_digest(pow(int.from_bytes(signature), exponent, modulus).to_bytes(size), expected)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def fetch_json(url: str) -> Json:
    """Raises ValueError for any address but an https one."""
    if not url.startswith("https://"):
        raise ValueError("keys come over https only")
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  the line above
        document: Json = json.load(response)
    return document


@cache
def _issuer() -> Issuer:
    return Issuer(os.environ["JWT_ISSUER"], os.environ["JWT_AUDIENCE"], fetch_json)


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    try:
        claims = _issuer().verify(event["authorizationToken"].removeprefix("Bearer "))
    except InvalidToken as reason:
        logger().info("refused", extra={"reason": str(reason)})
        raise Exception("Unauthorized") from None
    # One answer is kept for all methods of the stage, so it must allow all of them.
    api, stage, *_ = event["methodArn"].split("/")
    return {
        "principalId": str(claims.get("sub", "unknown")),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{api}/{stage}/*"},
            ],
        },
    }
