"""A presigned URL names the bucket's host in its own region; the page's policy allows exactly that host.

The global endpoint answers 400 for regions launched after March 2019, and redirects at first in the others,
which a browser's preflight may not follow.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
https://docs.aws.amazon.com/general/latest/gr/s3.html
https://github.com/boto/boto3/pull/4768
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api import handler
from api.settings import Settings
from api.storage import S3Storage
from imagebus import aws
from imagebus_local import templates

ROOT = Path(__file__).parents[2]
UPLOADS, IMAGES = "stack-uploads-1a2b", "stack-images-3c4d"
FIPS = {"AWS_USE_FIPS_ENDPOINT": "true"}
HOSTS = [
    ("us-east-1", {}, "s3.us-east-1.amazonaws.com"),
    ("us-west-2", {}, "s3.us-west-2.amazonaws.com"),
    ("eu-west-1", {}, "s3.eu-west-1.amazonaws.com"),
    ("eu-south-1", {}, "s3.eu-south-1.amazonaws.com"),
    ("ap-southeast-5", {}, "s3.ap-southeast-5.amazonaws.com"),
    ("cn-north-1", {}, "s3.cn-north-1.amazonaws.com.cn"),
    ("us-gov-west-1", {}, "s3.us-gov-west-1.amazonaws.com"),
    ("us-gov-west-1", FIPS, "s3-fips.us-gov-west-1.amazonaws.com"),
    ("us-east-1", FIPS, "s3-fips.us-east-1.amazonaws.com"),
    ("ca-west-1", FIPS, "s3-fips.ca-west-1.amazonaws.com"),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_PROFILE", "IMAGEBUS_CLIENTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


def signed() -> tuple[str, str, set[str]]:
    """The URL of a derived image, the URL of an upload form, and the origins that the page may use."""
    storage = S3Storage(aws.presigner())
    settings = Settings(status_table="status", uploads_bucket=UPLOADS, images_bucket=IMAGES)
    policy = handler.page(settings, storage).content_security_policy
    allowed = {name: rest.split() for name, _, rest in (each.partition(" ") for each in policy.split("; "))}
    origins = {each for each in allowed["connect-src"] if each != "'self'"}
    assert origins <= set(allowed["img-src"])
    return (
        storage.url(IMAGES, "a b+c.jpg", version_id="1"),
        storage.form(UPLOADS, "a b+c.jpg", "image/jpeg", 9, {}).url,
        origins,
    )


@pytest.mark.parametrize(("region", "variables", "host"), HOSTS)
def test_every_presigned_address_names_the_regional_host(
    monkeypatch: pytest.MonkeyPatch, region: str, variables: dict[str, str], host: str
) -> None:
    for name, value in {"AWS_DEFAULT_REGION": region, **variables}.items():
        monkeypatch.setenv(name, value)
    url, form, origins = signed()
    assert url.startswith(
        f"https://{IMAGES}.{host}/a%20b%2Bc.jpg?versionId=1&X-Amz-Algorithm=AWS4-HMAC-SHA256"
    )
    assert form == f"https://{UPLOADS}.{host}/"
    assert origins == {f"https://{IMAGES}.{host}", f"https://{UPLOADS}.{host}"}


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:4566"])
def test_an_endpoint_that_is_set_is_used_with_the_bucket_in_the_path(
    monkeypatch: pytest.MonkeyPatch, variable: str, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv(variable, endpoint)
    url, form, origins = signed()
    assert urlsplit(url)._replace(query="").geturl() == f"{endpoint}/{IMAGES}/a%20b%2Bc.jpg"
    assert form == f"{endpoint}/{UPLOADS}"
    assert origins == {endpoint}


def test_nothing_else_presigns_or_writes_a_host_of_s3() -> None:
    hosts = re.compile(r"\bs3[.-][\w.${}:-]*(amazonaws|URLSuffix)|generate_presigned")
    shipped = [
        path
        for folder in ("layers", "services", "cli", "web")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".html", ".yml")
    ]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in [*shipped, *ROOT.glob("*.yml")]
        if hosts.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"services/api/api/storage.py"}


def test_cloudfront_reads_from_the_regional_host() -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html"""
    template = templates.read(ROOT / "template.yml")
    parameters = template["Resources"]["Cdn"]["Properties"]["Parameters"]
    assert parameters["ImagesDomain"] == {"Fn::GetAtt": ["ImagesBucket", "RegionalDomainName"]}
