"""The local copy of template.yml and its nested templates: the same system, less what the emulator lacks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from imagebus_local import gateway

try:  # seven times as fast, where PyYAML was built with libyaml
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

Template = dict[str, Any]

# The emulator's CloudFormation lacks these types. archive.py creates the archive through the API instead.
UNSUPPORTED = ("AWS::Events::Archive", "AWS::EventSchemas::")

# Suits two cores and quick tests. Everything else is as on AWS.
LOCAL_PARAMETERS: Mapping[str, str] = {
    "VisibilityTimeout": "45",
    "ConcurrencyLimit": "2",
    "ImageConcurrencyLimit": "2",
    "LabelsConcurrencyLimit": "2",
    "Polling": "continuous",
    "SweepSchedule": "rate(1 minute)",
}


class _Loader(SafeLoader):
    """Reads CloudFormation's short forms (`!Ref x`) as their long ones (`{"Ref": x}`)."""


def _long_form(loader: SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has three kinds of nodes
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def read(path: Path) -> Template:
    """The template at `path`, intrinsic functions in their long form."""
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not a template")
    return document


def similar(name: str, parameters: Iterable[str]) -> str:
    """What a parameter's name may have been meant to be; all names if none is like it."""
    spelled = {each.lower(): each for each in sorted(parameters)}
    close = get_close_matches(name.lower(), spelled, cutoff=0.5)
    if not close:
        return f"It has: {', '.join(spelled.values())}."
    return f"Similar: {', '.join(spelled[each] for each in close)}. All are in template.yml."


def write(path: Path, template: Template) -> None:
    """Writes it as JSON, which is YAML too: SAM reads a template forty times, and YAML in pure Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(template, ensure_ascii=False, indent=1), encoding="utf-8")


def render(template: Template, root: Path, *, runtime: str, architecture: str) -> Template:
    """The template for one runtime: layers are built for it, and paths do not depend on where the copy lies.

    A layer's BuildMethod and BuildArchitecture cannot refer to a parameter, hence a copy.
    """
    copy = dict(template)
    copy["Parameters"] = {name: dict(each) for name, each in template["Parameters"].items()}
    copy["Parameters"]["Runtime"]["Default"] = runtime
    copy["Parameters"]["Architecture"]["Default"] = architecture
    copy["Resources"] = {
        name: _rendered(each, root, runtime, architecture) for name, each in template["Resources"].items()
    }
    return copy


def _rendered(resource: dict[str, Any], root: Path, runtime: str, architecture: str) -> dict[str, Any]:
    copy = dict(resource)
    properties = dict(resource.get("Properties") or {})
    for folder in ("CodeUri", "ContentUri", "TemplateURL"):
        if isinstance(properties.get(folder), str):
            properties[folder] = str(root / properties[folder])
    copy["Properties"] = properties
    if "BuildMethod" in resource.get("Metadata", {}):
        copy["Metadata"] = {
            **resource["Metadata"],
            "BuildMethod": runtime,
            "BuildArchitecture": architecture,
        }
    return copy


def nested(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical id and properties of each nested stack."""
    for name, each in template["Resources"].items():
        if each["Type"] == "AWS::CloudFormation::Stack":
            yield name, each["Properties"]


def localize(template: Template, parameters: Mapping[str, str], layers: Mapping[str, Path]) -> Template:
    """The template without what the emulator lacks, for these values of its parameters.

    - layers in `layers`, by the folder of their source, are already built;
    - unsupported types are dropped; a reference to an archive becomes its name;
    - a concurrency limit becomes a number, because the emulator's poller does not resolve references;
    - "any method" of a REST API becomes one method after another, its binary types a property.

    Nested templates need it as well. Raises ValueError if the rest refers to something that was dropped.
    """
    resources: dict[str, Any] = template["Resources"]
    dropped = {name: each for name, each in resources.items() if _unsupported(each)}
    names = {
        name: each["Properties"]["ArchiveName"]
        for name, each in dropped.items()
        if each["Type"] == "AWS::Events::Archive"
    }
    kept = {}
    for name, each in resources.items():
        if name in dropped:
            continue
        built = layers.get(str((each.get("Properties") or {}).get("ContentUri")))
        if built is not None:
            each = {**each, "Properties": {**each["Properties"], "ContentUri": str(built)}}  # noqa: PLW2901
            del each["Metadata"]
        kept[name] = gateway.spell_out(each)
    whole = _substitute({**template, "Resources": kept}, names)
    copy: Template = _numbers(whole, parameters)
    left = sorted(name for name in references(copy) & set(dropped))
    if left:
        raise ValueError(f"the local template still refers to {', '.join(left)}")
    return copy


def _unsupported(resource: dict[str, Any]) -> bool:
    kind = str(resource["Type"])
    if kind == "AWS::CloudFormation::Stack":
        nested = Path(resource["Properties"]["TemplateURL"])
        return not nested.is_file() or all(_unsupported(each) for each in read(nested)["Resources"].values())
    return kind.startswith(UNSUPPORTED)


def _substitute(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if len(node) == 1 and node.get("Ref") in values:
            return values[node["Ref"]]
        return {key: _substitute(each, values) for key, each in node.items()}
    if isinstance(node, list):
        return [_substitute(each, values) for each in node]
    return node


def _numbers(node: Any, parameters: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: int(parameters[each["Ref"]])
            if key == "MaximumConcurrency" and isinstance(each, dict)
            else _numbers(each, parameters)
            for key, each in node.items()
        }
    if isinstance(node, list):
        return [_numbers(each, parameters) for each in node]
    return node


def references(node: Any) -> set[str]:
    """The logical ids that `node` refers to by Ref, GetAtt, Sub or DependsOn."""
    found: set[str] = set()
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                found.add(value)
            elif key == "Fn::GetAtt":
                found.add(value[0])
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                found.update(name.split(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", text))
            elif key == "DependsOn":
                found.update([value] if isinstance(value, str) else value)
            found |= references(value)
    elif isinstance(node, list):
        for each in node:
            found |= references(each)
    return found


def digest(root: Path, deployed: Iterable[Path], parameters: Mapping[str, str]) -> str:
    """A fingerprint of templates, parameters and code: when it changes, a deployment is due."""
    total = hashlib.sha256(repr(sorted(parameters.items())).encode())
    for template in deployed:
        total.update(hashlib.sha256(template.read_bytes()).digest())
    total.update(fingerprint(root / "services", root / "layers", root / "web").encode())
    return total.hexdigest()


def fingerprint(*folders: Path) -> str:
    """A fingerprint of the files in these folders, without what tools have written."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder.parent)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
            if path.is_file() and not hidden:
                total.update(f"{name}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
