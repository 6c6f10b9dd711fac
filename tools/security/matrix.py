"""Who may do what to which resource: the committed matrix, and the same as read from the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tools import ROOT
from tools.security.translate import Template

MATRIX = ROOT / "security" / "matrix.yml"

PARTITION, HERE = "${AWS::Partition}", "${AWS::Region}:${AWS::AccountId}"

#: `code`: the function calls it through boto3. `service`: Lambda calls it with the function's role.
By = Literal["code", "service"]


@dataclass(frozen=True, order=True)
class Permission:
    """`resource` is a logical id, with what follows it: `UploadsBucket/*`. `only` and `when` may be empty."""

    function: str
    resource: str
    action: str
    only: str = ""
    when: str = ""


@dataclass(frozen=True)
class Entry:
    permission: Permission
    by: By
    #: For a resource `*`: the reason.
    why: str = ""
    #: Why no run on the embedded AWS can show the call.
    not_shown: str = ""


def load(path: Path = MATRIX) -> list[Entry]:
    """The committed matrix: function -> resource -> actions. Raises KeyError for an unknown field."""
    known = {"code", "service", "only", "when", "why", "not_shown"}
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    shared = tree.pop("EveryFunction")
    entries = []
    for function, resources in tree.items():
        for resource, row in [*resources.items(), *shared.items()]:
            if unknown := set(row) - known:
                raise KeyError(f"{function}, {resource}: {', '.join(sorted(unknown))}")
            for by in ("code", "service"):
                for action in row.get(by, ()):
                    name = resource.split(" ")[0]  # a second row for one resource has a word behind it
                    permission = Permission(function, name, action, row.get("only", ""), row.get("when", ""))
                    entries.append(Entry(permission, by, row.get("why", ""), row.get("not_shown", "")))
    return entries


def granted(template: Template) -> set[Permission]:
    """What the roles of the functions allow. Raises ValueError for anything but plain Allow statements."""
    resources = template["Resources"]
    found: set[Permission] = set()
    for name, each in resources.items():
        if each["Type"] != "AWS::Lambda::Function":
            continue
        role = resources[each["Properties"]["Role"]["Fn::GetAtt"][0]]
        for statement, when in statements(role, resources):
            found |= set(_permissions(name, statement, when))
    return found


def statements(
    role: Mapping[str, Any], resources: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each statement of a role's policies with its condition in the template.

    Raises KeyError for a managed policy that is not in the template: nobody here wrote what it grants.
    """
    properties = role["Properties"]
    managed = [resources[each["Ref"]]["Properties"] for each in properties.get("ManagedPolicyArns", ())]
    for policy in [*managed, *properties.get("Policies", ())]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                condition, then, otherwise = statement["Fn::If"]
                if otherwise != {"Ref": "AWS::NoValue"}:
                    raise ValueError("a statement with an alternative")
                yield then, condition
            else:
                yield statement, ""


def _permissions(function: str, statement: Mapping[str, Any], when: str) -> Iterator[Permission]:
    if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
        raise ValueError(f"{function}: {statement.get('Sid')} is not a plain Allow")
    for resource in as_list(statement["Resource"]):
        name, under = resource_name(resource)
        for action in as_list(statement["Action"]):
            yield Permission(
                function, name, action, _conditions(statement.get("Condition", {})), when or under
            )


def resource_name(resource: Any) -> tuple[str, str]:
    """`{"Fn::Sub": "${UploadsBucket.Arn}/*"}` -> (`UploadsBucket/*`, the template's condition, if any)."""
    if isinstance(resource, str):
        return resource, ""
    ((kind, value),) = resource.items()
    if kind == "Ref":
        return str(value), ""
    if kind == "Fn::GetAtt":
        return str(value[0]), ""
    if kind == "Fn::If":
        return resource_name(value[1])[0], str(value[0])
    if kind == "Fn::Sub" and isinstance(value, str):
        # An ARN of this account and region by the name that consumer.yml gives: `*_inbox`, `EventBus`.
        named = value.removeprefix(f"arn:{PARTITION}:sqs:{HERE}:${{AWS::StackName}}_")
        for kind in ("events", "execute-api"):
            named = named.removeprefix(f"arn:{PARTITION}:{kind}:{HERE}:").removeprefix("event-bus/")
        return re.sub(r"\$\{(\w+)(\.Arn)?\}", r"\1", named), ""
    raise ValueError(f"no name for {resource}")


def _conditions(condition: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{operator} {key} = {' | '.join(text(value) for value in as_list(wanted))}"
        for operator, keys in sorted(condition.items())
        for key, wanted in sorted(keys.items())
    )


def text(value: Any) -> str:
    return str(value) if isinstance(value, str) else resource_name(value)[0]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_yaml(permissions: Iterable[Permission]) -> str:
    tree: dict[str, dict[str, dict[str, Any]]] = {}
    for each in sorted(permissions):
        row = tree.setdefault(each.function, {}).setdefault(each.resource, {})
        row.setdefault("code", []).append(each.action)
        row.update({name: value for name in ("only", "when") if (value := getattr(each, name))})
    return yaml.safe_dump(tree, sort_keys=False, default_flow_style=None, width=200)
