"""The page as one document under a strict policy."""

from __future__ import annotations

import re
from pathlib import Path

from api.page import compose, web

ORIGIN = "https://bucket.s3.eu-west-1.amazonaws.com"


def test_every_reference_of_the_page_is_inlined_and_hashed() -> None:
    page = compose(web(), {ORIGIN})
    assert not re.search(r"<(script|link)[^>]+(src|stylesheet)=?", page.html)
    assert page.html.count("<script>") == page.content_security_policy.count("'sha256-") - 1
    assert "unsafe" not in page.content_security_policy
    assert f"connect-src 'self' {ORIGIN}" in page.content_security_policy


def test_the_tag_changes_with_the_text_and_with_the_policy(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<link rel="stylesheet" href="a.css"><script src="b.js"></script>')
    (tmp_path / "a.css").write_text("p {}")
    (tmp_path / "b.js").write_text("1;")
    first = compose(tmp_path, {ORIGIN})
    assert first.html == "<style>p {}</style><script>1;</script>"
    # computed with: printf '1;' | openssl dgst -sha256 -binary | base64
    assert "script-src 'sha256-CImjRDTlhukYQ2AnxOi0wzgPhGQ3Mb3rVwJK24dFz1M='" in first.content_security_policy
    assert compose(tmp_path, {"https://elsewhere.example"}).etag != first.etag
    (tmp_path / "b.js").write_text("2;")
    assert compose(tmp_path, {ORIGIN}).etag != first.etag


def test_no_file_of_the_page_is_forgotten_or_closes_its_own_tag() -> None:
    folder = Path(str(web()))
    html = (folder / "index.html").read_text(encoding="utf-8")
    for path in folder.iterdir():
        if path.suffix in (".js", ".css"):
            assert f'"{path.name}"' in html
            assert "</script" not in path.read_text(encoding="utf-8")
            assert "</style" not in path.read_text(encoding="utf-8")
