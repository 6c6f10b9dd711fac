"""Whether values of the template's parameters are valid, as CloudFormation would say after the build.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from imagebus_cli.output.text import option
from imagebus_cli.problem import Problem
from imagebus_cli.stack.findings import Finding, Verdict
from imagebus_local.templates import similar

#: A number that may have a fraction although its default and its limits have none.
FRACTIONAL = frozenset({"MinConfidence"})
#: A fact, and what replaces it in RequiredFacts.
MARKED, SKIPPABLE = "ImageWatermarked", "ImageWatermarked|WatermarkSkipped"
#: Of a recipe: see imagebus.recipes.model.
MOST_SIZES, LONGEST_SIDE = 50, 65535

Declared = Mapping[str, Mapping[str, Any]]


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """The parameters from their form on the command line, NAME=VALUE. Raises Problem."""
    parts = [each.partition("=") for each in texts]
    if wrong := next((name for name, equals, _ in parts if not name or not equals), None):
        raise Problem(f"The parameter {wrong} has no value.", "Write it as NAME=VALUE.", exit_code=2)
    return {name: value for name, _, value in parts}


def required(texts: Iterable[str], declared: Declared) -> dict[str, str]:
    """The parameters, if the template has them and takes their values. Raises Problem for the first other."""
    given = pairs(texts)
    for finding in invalid(given, declared).values():
        raise Problem(f"{finding.message}.", finding.advice, exit_code=2)
    return given


def invalid(given: Mapping[str, str], declared: Declared) -> dict[str, Finding]:
    """What is wrong with a value, by the parameter's name."""
    found = {}
    for name, value in given.items():
        if name not in declared:
            what, advice = f"template.yml has no parameter {name}", similar(name, declared)
            found[name] = Finding("parameters", Verdict.BAD, what, advice)
        elif rules := list(_broken(name, value, declared[name])):
            about = declared[name]
            advice = f"The default is {about.get('Default')!r}. {about.get('Description', '')}".strip()
            what = f"{name}={value} is invalid: it must {' and '.join(rules)}"
            found[name] = Finding("parameters", Verdict.BAD, what, advice)
    return found


def incomplete(values: Mapping[str, str]) -> list[Finding]:
    """Parameters that need another one."""
    lacking = []
    if values.get("JwtIssuer") and not values.get("JwtAudience"):
        lacking.append(("JwtIssuer needs JwtAudience, which is empty", "JwtAudience=…"))
    if values.get("ImagesUrl") and values.get("EnableCdn") != "true":
        lacking.append(("ImagesUrl needs EnableCdn, which lets images be read by URL", "EnableCdn=true"))
    return [
        Finding("parameters", Verdict.BAD, what, f"Set it too: {option('--parameter', value)}")
        for what, value in lacking
    ]


def required_facts(
    values: Mapping[str, str], given: Mapping[str, str]
) -> tuple[list[Finding], dict[str, str]]:
    """Stacks keep the value of their first deployment, which may be from before recipes.

    A recipe can do without a watermark, and then ImageWatermarked never comes.
    """
    facts = values["RequiredFacts"].split()
    if MARKED not in facts:
        return [], {}
    needed = " ".join(SKIPPABLE if fact == MARKED else fact for fact in facts)
    what = f"RequiredFacts has {MARKED} alone, which an image without a watermark never gets"
    if "RequiredFacts" in given:
        return [Finding("parameters", Verdict.NOTE, what, f"Write {SKIPPABLE} instead.")], {}
    return [Finding("parameters", Verdict.NOTE, f"{what}: deploying with {SKIPPABLE}")], {
        "RequiredFacts": needed
    }


def recipe(values: Mapping[str, str]) -> list[Finding]:
    """Sizes that no recipe can have, which a pattern cannot say."""
    sizes = dict.fromkeys(values["ThumbnailSizes"].split(","))
    found = []
    if len(sizes) > MOST_SIZES:
        found.append(f"ThumbnailSizes has {len(sizes)} sizes; a recipe has at most {MOST_SIZES}")
    for size in sizes:
        if max(map(int, size.split("x"))) > LONGEST_SIDE:
            found.append(f"ThumbnailSizes: {size} is too large; a side has at most {LONGEST_SIDE} pixels")
    return [Finding("parameters", Verdict.BAD, what, "Set fewer or smaller sizes.") for what in found]


def _broken(name: str, value: str, about: Mapping[str, Any]) -> Iterator[str]:
    if about["Type"] == "Number":
        yield from _broken_number(name, value, about)
    allowed = [str(each) for each in about.get("AllowedValues", [])]
    if allowed and value not in allowed:
        yield f"be one of {', '.join(allowed)}"
    pattern = about.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        yield f"match {pattern}"
    if len(value) < int(about.get("MinLength", 0)):
        yield f"have at least {about['MinLength']} characters"
    if "MaxLength" in about and len(value) > int(about["MaxLength"]):
        yield f"have at most {about['MaxLength']} characters"


def _broken_number(name: str, value: str, about: Mapping[str, Any]) -> Iterator[str]:
    limits = [about[each] for each in ("Default", "MinValue", "MaxValue") if each in about]
    fractional = name in FRACTIONAL or any(isinstance(each, float) for each in limits)
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?" if fractional else r"-?[0-9]+", value):
        yield "be a number" if fractional else "be a whole number"
        return
    if "MinValue" in about and float(value) < float(about["MinValue"]):
        yield f"be at least {about['MinValue']}"
    if "MaxValue" in about and float(value) > float(about["MaxValue"]):
        yield f"be at most {about['MaxValue']}"
