"""Authorization: Bearer token -> Allow or Deny. Deployed only if the stack has a JwtIssuer."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from imagebus.telemetry import logger

ALGORITHMS = ("RS256", "RS384", "RS512")
LEEWAY_SECONDS = 60
KEYS_FOR_SECONDS = 3600
#: A token signed with an unknown key makes us fetch the keys again, but not more often than this.
REFRESH_SECONDS = 60

Json = dict[str, Any]


class InvalidToken(Exception):
    """The issuer did not sign this token for this audience, or the token is not valid at this time."""


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
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            claims: Json = jwt.decode(
                token,
                RSAAlgorithm.from_jwk(key),  # type: ignore[arg-type]  # a JWKS holds public keys
                algorithms=ALGORITHMS,
                issuer=self.url,
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "iss"],
                    "verify_aud": False,  # below: PyJWT knows no `client_id`
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as error:
            # The error's own words may quote the token.
            raise InvalidToken(type(error).__name__) from error
        # Cognito's access tokens name the client instead of an audience.
        audience = claims.get("aud", claims.get("client_id"))
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidToken("for another audience")
        return claims

    def _key(self, kid: str | None) -> Json:
        age = self.now() - self._fetched_at
        if age > KEYS_FOR_SECONDS or (kid not in self._keys and age > REFRESH_SECONDS):
            # Some issuers, such as Auth0, end in a slash.
            configuration = self.fetch(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
            keys = self.fetch(configuration["jwks_uri"])["keys"]
            self._keys = {key["kid"]: key for key in keys if key.get("kty") == "RSA"}
            self._fetched_at = self.now()
        if kid is None or kid not in self._keys:
            raise InvalidToken("signed with an unknown key")
        return self._keys[kid]


def fetch_json(url: str) -> Json:
    """Raises ValueError unless the address is an https one."""
    if not url.startswith("https://"):
        raise ValueError("keys are fetched over https only")
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
        # Lambda would count an exception as an error of the function. The API answers 401 to this as well.
        return _policy(event, "Deny", "unknown")
    return _policy(event, "Allow", str(claims.get("sub", "unknown")))


def _policy(event: dict[str, Any], effect: str, principal: str) -> dict[str, Any]:
    # API Gateway caches this answer for all methods of the stage, so it must be about all of them.
    api, stage, *_ = event["methodArn"].split("/")
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": f"{api}/{stage}/*"}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
