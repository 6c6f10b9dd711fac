"""Which regions lack something that the templates use, from cfn-lint's and botocore's region data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from imagebus_cli.stack.regions import DATA
from imagebus_local import templates
from tools import ROOT
from tools.security.translate import translated

NESTED = {str(each["TemplateURL"]) for _, each in templates.nested(templates.read(ROOT / "template.yml"))}
TEMPLATES = ("template.yml", "security/deployer.yml", "security/key.yml", *sorted(NESTED))
#: What a type needs that not every region has, by the beginning of its name.
SERVICES = {"AWS::EventSchemas::": "schemas", "AWS::CloudFront::": "cloudfront"}
SOURCES = [
    "cfn-lint: cfnlint/data/schemas/providers (the resource types of each region)",
    "botocore: botocore/data/endpoints.json (the regions of each service)",
]


def data() -> dict[str, Any]:
    """The content of regions.json but for its date. A service is missing if either source says so."""
    from cfnlint.helpers import REGIONS

    missing: dict[str, set[str]] = {name: set() for name in ("cloudfront", "rekognition", "schemas")}
    for kind, regions in _lacking(REGIONS).items():
        service = next((name for prefix, name in SERVICES.items() if kind.startswith(prefix)), None)
        if service is None:
            raise ValueError(f"{kind} does not exist in {', '.join(sorted(regions))}")
        missing[service] |= regions
    for service in ("rekognition", "schemas"):
        missing[service] |= set(REGIONS) - _offered(service)
    return {
        "sources": SOURCES,
        "regions": sorted(REGIONS),
        "missing": {name: sorted(regions) for name, regions in missing.items()},
    }


def _lacking(regions: Iterable[str]) -> dict[str, set[str]]:
    """The types of the templates that some regions lack, with those regions."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    found: dict[str, set[str]] = {}
    for region in regions:
        for kind in _used() - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region)):
            found.setdefault(kind, set()).add(region)
    return found


@cache
def _used() -> frozenset[str]:
    """The resource types of the templates, and those that SAM makes of its own."""
    written = [templates.read(ROOT / path) for path in TEMPLATES]
    plain = translated(ROOT / "template.yml")
    kinds = {str(each["Type"]) for one in (*written, plain) for each in one["Resources"].values()}
    return frozenset(kind for kind in kinds if not kind.startswith("AWS::Serverless::"))


def _offered(service: str) -> set[str]:
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return {region for each in partitions for region in session.get_available_regions(service, each)}


def write() -> None:
    """Write regions.json with today's date."""
    dated = {"date": datetime.now(UTC).date().isoformat(), **data()}
    DATA.write_text(json.dumps(dated, indent=1) + "\n", encoding="utf-8")


def problems() -> list[str]:
    """What is wrong with the data, and what cfn-lint finds in the templates for all regions."""
    committed = json.loads(DATA.read_text(encoding="utf-8"))
    del committed["date"]
    stale = f"{DATA.relative_to(ROOT)} is out of date: run `python -m tools regions`."
    return [*([stale] if committed != data() else []), *linted()]


def linted() -> list[str]:
    """What cfn-lint finds in one region of each kind.

    Without E3006, a type that a region lacks: data() knows which of those a parameter does without.
    """
    from cfnlint.config import ConfigMixIn
    from cfnlint.helpers import REGIONS
    from cfnlint.runner import Runner

    config = ConfigMixIn(
        regions=representatives(REGIONS),
        ignore_checks=["E3006"],
        templates=[str(ROOT / path) for path in TEMPLATES],
    )
    return [
        f"{found.filename}:{found.linenumber}: {found.rule.id} {found.message}"
        for found in Runner(config).run()
    ]


def representatives(regions: Iterable[str]) -> list[str]:
    """One region of each group in which all our types have the same schemas, so that a lint finds the same.

    cfn-lint's other data by region (CfnLintJsonSchemaRegional) is about sizes of instances and clusters.
    """
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as MANAGER

    first: dict[str, str] = {}
    for region in regions:
        here = sorted(_used() & set(MANAGER.get_resource_types(region)))
        schemas = {kind: MANAGER.get_resource_schema(region, kind).schema for kind in here}
        text = json.dumps(schemas, sort_keys=True).encode()
        first.setdefault(hashlib.sha256(text).hexdigest(), region)
    return sorted(first.values())
