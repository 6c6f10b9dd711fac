"""A template with its nested stacks written out in place, as if it were one template.

Whatever looks at the whole system (permissions, rules, alarms) then sees a consumer's inbox as
`ValidatorInbox`, with the parent's values in place of the nested template's parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from imagebus_local.templates import Template, nested, read

NO_VALUE = {"Ref": "AWS::NoValue"}

#: A condition: decided by the parent's values, or an expression that only a deployment decides.
Condition = bool | dict[str, Any]


@cache
def whole(root: Path) -> Template:
    """template.yml in `root`, flat. Read once, so do not change it."""
    return flat(read(root / "template.yml"), root)


def flat(template: Template, root: Path) -> Template:
    """`template` without nested stacks, whose TemplateURLs are paths below `root`. One level deep."""
    inside: dict[str, dict[str, Any]] = {}
    outputs: dict[tuple[str, str], Any] = {}
    conditions = dict(template.get("Conditions", {}))
    for name, properties in nested(template):
        given, parent = properties.get("Parameters", {}), template["Parameters"]
        stack = _Nested(name, read(root / properties["TemplateURL"]), given, parent, conditions)
        when = template["Resources"][name].get("Condition")
        inside[name], outputs = stack.resources(when), {**outputs, **stack.outputs()}
    resources: dict[str, Any] = {}
    for name, each in template["Resources"].items():
        resources |= inside.get(name, {name: each})
    whole: Template = _connected({**template, "Resources": resources, "Conditions": conditions}, outputs)
    return whole


class _Nested:
    """One nested stack. `conditions` are the parent's, and gain those that the parent does not decide."""

    def __init__(
        self,
        name: str,
        template: Template,
        given: Mapping[str, Any],
        parent: Mapping[str, Any],
        conditions: dict[str, Any],
    ) -> None:
        self._name, self._template, self._parent, self._conditions = name, template, parent, conditions
        self._values = {
            each: given.get(each, about.get("Default", ""))
            for each, about in template.get("Parameters", {}).items()
        }
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": lambda value: {"Fn::GetAtt": [self._name + value[0], value[1]]},
            "Fn::If": lambda value: self._branch(*value),
            "Fn::Sub": lambda text: _expression(re.sub(r"\$\{([^!}]+)\}", self._placeholder, text)),
            "Fn::Split": lambda value: list(
                map(_expression, _text(self._resolved(value[1])).split(value[0]))
            ),
            "Fn::Join": lambda value: _expression(value[0].join(map(_text, self._resolved(value[1])))),
        }

    def resources(self, parents: str | None) -> dict[str, Any]:
        """The nested stack's resources. `parents` is the condition of the stack itself."""
        found = {}
        for name, each in self._template["Resources"].items():
            when = self._when(each["Condition"]) if "Condition" in each else True
            if when is not False:
                copy = self._resolved({key: value for key, value in each.items() if key != "Condition"})
                both = [condition for condition in (parents, when) if isinstance(condition, str)]
                found[self._name + name] = {**copy, "Condition": self._both(both)} if both else copy
        return found

    def _both(self, conditions: list[str]) -> str:
        if len(conditions) > 1:
            every = {"Fn::And": [{"Condition": each} for each in conditions]}
            conditions = ["And".join(conditions)]
            self._conditions[conditions[0]] = every
        return conditions[0]

    def outputs(self) -> dict[tuple[str, str], Any]:
        declared = self._template.get("Outputs", {})
        return {(self._name, name): self._resolved(each["Value"]) for name, each in declared.items()}

    def _resolved(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for each in node if (value := self._resolved(each)) != NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((kind, value),) = node.items()
            if kind in self._functions:
                return self._functions[kind](value)
        return {key: value for key, each in node.items() if (value := self._resolved(each)) != NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        return {"Ref": name if name.startswith("AWS::") else self._name + name}

    def _branch(self, name: str, then: Any, otherwise: Any) -> Any:
        when = self._when(name)
        if isinstance(when, bool):
            return self._resolved(then if when else otherwise)
        return {"Fn::If": [when, self._resolved(then), self._resolved(otherwise)]}

    def _placeholder(self, match: re.Match[str]) -> str:
        name = match[1]
        if name == "AWS::StackName":
            raise ValueError(f"{self._name}: a nested stack has a generated name, which names nothing else")
        if name.startswith("AWS::"):
            return match[0]
        return _text(self._values[name]) if name in self._values else f"${{{self._name}{name}}}"

    def _when(self, name: str) -> bool | str:
        """The condition's value, or what the parent calls it if the parent does not decide it."""
        found = self._condition(self._template["Conditions"][name])
        if isinstance(found, bool):
            return found
        if "Condition" in found:
            return str(found["Condition"])
        known = [each for each, expression in self._conditions.items() if expression == found]
        if not known:
            self._conditions[self._name + name] = found
        return known[0] if known else self._name + name

    def _condition(self, node: Mapping[str, Any]) -> Condition:
        ((kind, value),) = node.items()
        if kind == "Fn::Not":
            return _negated(self._condition(value[0]))
        if kind == "Fn::Equals":
            return self._equal(*(self._resolved(each) for each in value))
        raise ValueError(f"{self._name}: {kind} in a condition")

    def _equal(self, left: Any, right: Any) -> Condition:
        if not isinstance(left, dict):
            return str(left) == str(right)
        if "Fn::If" in left:
            name, then, otherwise = left["Fn::If"]
            return _chosen(name, self._equal(then, right), self._equal(otherwise, right))
        # What names a resource is never empty.
        if right == "" and any(name not in self._parent for name in re.findall(r"\$\{([\w:]+)", _text(left))):
            return False
        return {"Fn::Equals": [left, right]}


def _negated(condition: Condition) -> Condition:
    if isinstance(condition, bool):
        return not condition
    inner: Condition = condition["Fn::Not"][0] if "Fn::Not" in condition else {"Fn::Not": [condition]}
    return inner


def _chosen(name: str, then: Condition, otherwise: Condition) -> Condition:
    if then == otherwise:
        return then
    if (then, otherwise) == (True, False):
        return {"Condition": name}
    if (then, otherwise) == (False, True):
        return {"Fn::Not": [{"Condition": name}]}
    raise ValueError(f"{name} decides between {then} and {otherwise}")


def _text(node: Any) -> str:
    """A value as the text of an Fn::Sub."""
    if not isinstance(node, dict):
        return str(node)
    ((kind, value),) = node.items()
    if kind == "Ref":
        return f"${{{value}}}"
    if kind == "Fn::GetAtt":
        return f"${{{value[0]}.{value[1]}}}"
    if kind == "Fn::Sub" and isinstance(value, str):
        return value
    if kind == "Fn::Join":
        return str(value[0].join(map(_text, value[1])))
    raise ValueError(f"{node} is not a text")


def _expression(text: str) -> Any:
    """The text of an Fn::Sub as the simplest expression."""
    if alone := re.fullmatch(r"\$\{([\w:]+)(?:\.([\w.]+))?\}", text):
        return {"Fn::GetAtt": [alone[1], alone[2]]} if alone[2] else {"Ref": alone[1]}
    return {"Fn::Sub": text} if "${" in text else text


def _connected(node: Any, outputs: Mapping[tuple[str, str], Any]) -> Any:
    """`node` with the value of an output in place of each `Stack.Outputs.Name`."""
    if isinstance(node, list):
        return [_connected(each, outputs) for each in node]
    if not isinstance(node, dict):
        return node
    if "Fn::GetAtt" in node:
        name, attribute = node["Fn::GetAtt"]
        key = (name, attribute.removeprefix("Outputs."))
        return _connected(outputs[key], outputs) if key in outputs else node
    return {key: _connected(value, outputs) for key, value in node.items()}
