"""Taking permissions away from a function's role, whether it has them inline or from a managed policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Statement = dict[str, Any]
#: What remains of a statement: nothing, itself, or parts of it.
Keep = Callable[[Statement], list[Statement]]


@contextmanager
def without(iam: Any, role: str, keep: Keep) -> Iterator[None]:
    """The role with no more than `keep` leaves of its policies. Other roles keep what they have."""

    def put(name: str, statements: list[Statement]) -> None:
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        else:
            iam.delete_role_policy(RoleName=role, PolicyName=name)

    with ExitStack() as undo:
        changed = False
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
            kept = [part for statement in statements for part in keep(statement)]
            if kept != statements:
                changed = True
                undo.callback(put, name, statements)
                put(name, kept)
        for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            arn, name = attached["PolicyArn"], attached["PolicyName"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            policy = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            statements = policy["Document"]["Statement"]
            kept = [part for statement in statements for part in keep(statement)]
            if kept != statements:
                changed = True
                undo.callback(iam.attach_role_policy, RoleName=role, PolicyArn=arn)
                if kept:
                    undo.callback(put, name, [])
                    put(name, kept)
                iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        assert changed, f"{role} has no such permission"
        yield
