"""The page as one document under a strict policy."""

from __future__ import annotations

import re
from pathlib import Path

from api import handler
from api.page import compose, web
from api.settings import Settings

ORIGIN = "https://bucket.s3.eu-west-1.amazonaws.com"


def test_every_reference_of_the_page_is_inlined_and_hashed() -> None:
    page = compose(web(), {ORIGIN}, 5, ())
    assert not re.search(r"<(script|link)[^>]+(src|stylesheet)=?", page.html)
    assert page.html.count("<script>") == page.content_security_policy.count("'sha256-") - 1
    assert "unsafe" not in page.content_security_policy
    assert f"connect-src 'self' {ORIGIN}" in page.content_security_policy


def test_the_tag_changes_with_the_text_and_with_the_policy(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<link rel="stylesheet" href="a.css"><script src="b.js"></script>')
    (tmp_path / "a.css").write_text("p {}")
    (tmp_path / "b.js").write_text("1;")
    first = compose(tmp_path, {ORIGIN}, 5, ())
    assert first.html == "<style>p {}</style><script>1;</script>"
    # computed with: printf '1;' | openssl dgst -sha256 -binary | base64
    assert "script-src 'sha256-CImjRDTlhukYQ2AnxOi0wzgPhGQ3Mb3rVwJK24dFz1M='" in first.content_security_policy
    assert compose(tmp_path, {"https://elsewhere.example"}, 5, ()).etag != first.etag
    (tmp_path / "b.js").write_text("2;")
    assert compose(tmp_path, {ORIGIN}, 5, ()).etag != first.etag


def test_no_file_of_the_page_is_forgotten_or_closes_its_own_tag() -> None:
    folder = Path(str(web()))
    html = (folder / "index.html").read_text(encoding="utf-8")
    for path in folder.iterdir():
        if path.suffix in (".js", ".css"):
            assert f'"{path.name}"' in html
            assert "</script" not in path.read_text(encoding="utf-8")
            assert "</style" not in path.read_text(encoding="utf-8")


class Signing:
    """A Storage that presigns without signing."""

    def url(self, bucket: str, key: str) -> str:
        return f"https://{bucket}.s3.example/{key}?X-Amz-Signature=1"


def test_the_page_may_show_images_from_where_the_api_says_they_are() -> None:
    def allowed(**settings: str) -> str:
        page = handler.page(Settings("table", "uploads", "images", **settings), Signing())
        return page.content_security_policy.partition("img-src ")[2].partition(";")[0]

    assert allowed() == "'self' blob: data: https://images.s3.example https://uploads.s3.example"
    assert allowed(images_url="https://cdn.example/a") == (
        "'self' blob: data: https://cdn.example https://uploads.s3.example"
    )


def test_the_public_address_of_images_ends_without_a_slash() -> None:
    names = ("STATUS_TABLE", "UPLOADS_BUCKET", "IMAGES_BUCKET", "RECIPES_TABLE", "INBOX_URLS")
    environment = dict.fromkeys(names, "x") | {
        "ACCEPTED_FORMATS": "JPEG",
        "MAX_BYTES": "1",
        "REQUIRED_FACTS": "ThumbnailsCreated",
    }
    assert Settings.from_environment(environment).images_url == ""
    given = environment | {"IMAGES_URL": "https://cdn.example/"}
    assert Settings.from_environment(given).images_url == "https://cdn.example"
