"""Tokens of an OpenID Connect issuer, signed here as an issuer signs them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from authorizer import handler
from authorizer.handler import InvalidToken, Issuer, fetch_json

URL = "https://issuer.example/pool"
KEY = rsa.generate_private_key(65537, 2048)
SMALL_KEY = rsa.generate_private_key(65537, 1024)
HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256, "RS384": hashes.SHA384, "RS512": hashes.SHA512,
}  # fmt: skip
CLAIMS = {"iss": URL, "aud": "client", "sub": "somebody", "exp": int(time.time()) + 3600}


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    return {"kty": "RSA", "kid": kid, "n": encode(modulus), "e": encode(numbers.e.to_bytes(3))}


def sign(
    claims: Any, *, alg: str = "RS256", kid: str = "one", key: rsa.RSAPrivateKey = KEY, **header: Any
) -> str:
    parts = ({"alg": alg, "kid": kid, **header}, claims)
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    algorithm = HASHES.get(alg, hashes.SHA256)()
    return f"{signed}.{encode(key.sign(signed.encode(), padding.PKCS1v15(), algorithm))}"


def in_seconds(**times: int) -> dict[str, int]:
    """Claims that are times, given as seconds from now."""
    return {name: int(time.time()) + seconds for name, seconds in times.items()}


class World:
    """The issuer's own documents, and how often they were read."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.keys = [jwk(KEY, "one"), jwk(SMALL_KEY, "small"), {"kty": "EC", "kid": "ec"}]
        self.time = 1_800_000_000.0
        self.issuer = Issuer(URL, "client", self._fetch, lambda: self.time)

    def _fetch(self, url: str) -> dict[str, Any]:
        self.fetched.append(url)
        if url == f"{URL}/.well-known/openid-configuration":
            return {"jwks_uri": "https://issuer.example/keys"}
        assert url == "https://issuer.example/keys"
        return {"keys": self.keys}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("alg", HASHES)
def test_a_token_of_the_issuer_is_accepted(world: World, alg: str) -> None:
    assert world.issuer.verify(sign(CLAIMS, alg=alg))["sub"] == "somebody"


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "aud": ["other", "client"]},
        {**{name: CLAIMS[name] for name in ("iss", "sub", "exp")}, "client_id": "client"},  # Cognito, access
    ],
)
def test_other_ways_to_name_the_audience_are_accepted(world: World, claims: dict[str, Any]) -> None:
    assert world.issuer.verify(sign(claims))


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "iss": "https://other.example"},
        {**CLAIMS, "iss": f"{URL}/"},
        {**CLAIMS, "aud": "other"},
        {**CLAIMS, "aud": None},
        {**CLAIMS, "exp": "never"},
        {**CLAIMS, "exp": True},
        {name: CLAIMS[name] for name in ("iss", "aud")},
        {**CLAIMS, "nbf": "never"},
        {name: CLAIMS[name] for name in ("aud", "sub", "exp")},
    ],
)
def test_a_token_with_a_wrong_or_missing_claim_is_refused(world: World, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        world.issuer.verify(sign(claims))


@pytest.mark.parametrize("times", [{"exp": -30}, {"nbf": 30}, {"nbf": 0, "exp": 1}])
def test_clocks_may_differ_by_seconds(world: World, times: dict[str, int]) -> None:
    assert world.issuer.verify(sign({**CLAIMS, **in_seconds(**times)}))


@pytest.mark.parametrize("times", [{"exp": -61}, {"nbf": 70}, {"nbf": 0, "exp": -3600}])
def test_a_token_for_another_time_is_refused(world: World, times: dict[str, int]) -> None:
    with pytest.raises(InvalidToken):
        world.issuer.verify(sign({**CLAIMS, **in_seconds(**times)}))


def test_an_issuer_may_end_in_a_slash(world: World) -> None:
    issuer = Issuer(f"{URL}/", "client", world.issuer.fetch)
    assert issuer.verify(sign({**CLAIMS, "iss": f"{URL}/"}))
    assert world.fetched[0] == f"{URL}/.well-known/openid-configuration"
    with pytest.raises(InvalidToken):
        issuer.verify(sign(CLAIMS))


def _unsigned() -> str:
    header, claims, _ = sign(CLAIMS, alg="none").split(".")
    return f"{header}.{claims}."


def _changed() -> str:
    header, _, signature = sign(CLAIMS).split(".")
    return f"{header}.{encode(json.dumps({**CLAIMS, 'sub': 'admin'}).encode())}.{signature}"


def _padded() -> str:
    """The same number as the signature, written with a leading zero."""
    signed, _, signature = sign(CLAIMS).rpartition(".")
    return f"{signed}.{encode(bytes(1) + base64.urlsafe_b64decode(signature + '=='))}"


@pytest.mark.parametrize(
    "token",
    [
        "",
        _padded(),
        "a.b",
        "a.b.c",
        "....",
        _unsigned(),
        _changed(),
        sign(CLAIMS, alg="HS256"),
        sign(CLAIMS, alg="RS256", kid="unknown"),
        sign(CLAIMS, kid="ec"),
        sign(CLAIMS, kid="small", key=SMALL_KEY),
        sign(CLAIMS, key=rsa.generate_private_key(65537, 2048)),
        sign(CLAIMS) + "A",
        sign(CLAIMS)[:-4],
        sign([]),
    ],
)
def test_a_token_that_the_issuer_did_not_sign_is_refused(world: World, token: str) -> None:
    with pytest.raises(InvalidToken):
        world.issuer.verify(token)


def test_keys_are_read_once_an_hour_and_for_unknown_ones_once_a_minute(world: World) -> None:
    world.issuer.verify(sign(CLAIMS))
    world.issuer.verify(sign(CLAIMS))
    assert len(world.fetched) == 2
    with pytest.raises(InvalidToken):
        world.issuer.verify(sign(CLAIMS, kid="new"))
    assert len(world.fetched) == 2
    world.time += 61
    world.keys.append(jwk(KEY, "new"))
    world.issuer.verify(sign(CLAIMS, kid="new"))
    assert len(world.fetched) == 4


def test_the_handler_allows_or_denies_the_whole_stage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_issuer", lambda: world.issuer)
    arn = "arn:aws:execute-api:eu-west-1:111122223333:abcdef/v1/GET/images"
    event = {"authorizationToken": f"Bearer {sign(CLAIMS)}", "methodArn": arn}
    policy = handler.handle(event, None)
    assert policy["principalId"] == "somebody"
    stage = "arn:aws:execute-api:eu-west-1:111122223333:abcdef/v1/*"
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stage}
    assert policy["policyDocument"]["Statement"] == [allowed]
    for token in ("x.y.z", sign({**CLAIMS, **in_seconds(exp=-3600)})):
        policy = handler.handle({**event, "authorizationToken": f"Bearer {token}"}, None)
        assert policy["principalId"] == "unknown"
        assert policy["policyDocument"]["Statement"] == [{**allowed, "Effect": "Deny"}]


def test_an_issuer_that_does_not_answer_is_an_error_and_no_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(url: str) -> dict[str, Any]:
        raise OSError(url)

    monkeypatch.setattr(world.issuer, "fetch", fetch)
    monkeypatch.setattr(handler, "_issuer", lambda: world.issuer)
    with pytest.raises(OSError, match="issuer"):
        handler.handle({"authorizationToken": f"Bearer {sign(CLAIMS)}", "methodArn": "a/v1/GET/"}, None)


def test_keys_come_over_https_only() -> None:
    with pytest.raises(ValueError, match="https"):
        fetch_json("file:///etc/passwd")
