"""What CloudFront caches: derived images, whose content never changes, and nothing of the API.

An answer of the API can depend on Accept, on the key, and on what is promoted. CloudFront does not look at
Vary: it caches by the headers that its cache policy names.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/header-caching.html

The ids of the managed policies:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from api.openapi import document
from imagebus.identity import derived_prefix
from imagebus_local import templates

ROOT = Path(__file__).parents[2]
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def behaviour(path: str) -> dict[str, Any]:
    """The first that fits decides; a pattern's * stands for slashes, too."""
    resources = templates.read(ROOT / "cdn.yml")["Resources"]
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    fitting = (each for each in config["CacheBehaviors"] if fnmatchcase(path, each["PathPattern"]))
    found: dict[str, Any] = next(fitting, config["DefaultCacheBehavior"])
    return found


@pytest.mark.parametrize("path", document()["paths"])
def test_each_route_reaches_the_api_with_its_headers_and_is_never_cached(path: str) -> None:
    found = behaviour(path.replace("{key}", "a/b.jpg").replace("{name}", "card"))
    assert found["TargetOriginId"] == "api"
    assert found["CachePolicyId"] == CACHING_DISABLED
    assert found["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER


def test_a_derived_image_comes_from_its_bucket() -> None:
    found = behaviour(f"/{derived_prefix('images/cat.jpg', '1')}thumbnails/card.0c9f.webp")
    assert found["TargetOriginId"] == "images"
    assert "OriginRequestPolicyId" not in found
