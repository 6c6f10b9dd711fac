"""Calls the REST API."""

from __future__ import annotations

from typing import Any

import requests

from tests.e2e.harness import Pipeline


class Client:
    """Calls the API, with its key unless told otherwise."""

    def __init__(self, pipeline: Pipeline) -> None:
        assert pipeline.target.api_url
        assert pipeline.target.api_key
        self.url = pipeline.target.api_url
        self.key = pipeline.target.api_key
        self._session = requests.Session()

    def __call__(self, method: str, path: str, *, key: str | None = "", **options: Any) -> requests.Response:
        """`key` is the stack's own unless another one or None is given. Redirects are not followed."""
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["x-api-key"] = key or self.key
        return self._session.request(
            method, self.url + path, headers=headers, allow_redirects=False, timeout=60, **options
        )
