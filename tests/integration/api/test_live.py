"""GET /live: an address that the API Gateway of the live example accepts, signed as AWS documents it."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.credentials import Credentials

from api import handler
from api.settings import Settings
from api.storage import S3Storage
from imagebus.aws import signed_socket
from tests.integration.api.conftest import World

API = "a1b2c3d4e5/live"


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """A role's, as a function has them."""
    found = Credentials("ASIAEXAMPLE", "secret", "session token")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", found.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", found.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", str(found.token))
    monkeypatch.setattr("imagebus.aws._session", lambda **_: _Session(found))
    return found


class _Session:
    def __init__(self, credentials: Credentials) -> None:
        self.get_credentials = lambda: credentials


def test_without_the_example_there_is_no_address(world: World) -> None:
    answer = world.get("live")
    assert (answer.status, answer.json) == (200, {})


def test_the_address_is_signed_and_valid_for_five_minutes(world: World, credentials: Credentials) -> None:
    world.api = world.api_with(live_api=API)
    answer = world.get("live")
    assert answer.headers["cache-control"] == "no-store"
    url = urlsplit(answer.json["url"])
    assert (url.scheme, url.netloc, url.path) == (
        "wss",
        "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
        "/live",
    )
    signed = dict(parse_qsl(url.query))
    assert signed["X-Amz-Credential"].endswith("/eu-west-1/execute-api/aws4_request")
    assert (signed["X-Amz-Expires"], signed["X-Amz-SignedHeaders"]) == ("300", "host")
    assert signed["X-Amz-Security-Token"] == credentials.token
    until = datetime.fromisoformat(answer.json["expires_at"])
    assert until - world.clock.now() == timedelta(minutes=5)


def test_a_parameter_is_refused(world: World) -> None:
    answer = world.get("live", key="a.jpg")
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.usefixtures("credentials")
def test_the_region_s_own_domain_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    assert signed_socket(API, 60).startswith("wss://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn/live?")


@pytest.mark.usefixtures("credentials")
def test_an_emulator_is_connected_to_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert signed_socket(API, 60).startswith(f"ws://127.0.0.1:4566/_aws/execute-api/{API}?X-Amz-")


def test_the_page_may_connect_there_and_nowhere_else(world: World) -> None:
    def allowed(**settings: str) -> str:
        made = Settings("status", "uploads-bucket", "images-bucket", **settings)
        policy = handler.page(made, S3Storage(world.s3)).content_security_policy
        return policy.partition("connect-src ")[2].partition(";")[0]

    socket = "wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    assert allowed(live_api=API).split() == [*allowed().split(), socket]
