"""What can go wrong, said so that a person can act on it."""

from __future__ import annotations

import sys


class Problem(Exception):
    """`message` says what happened, `advice` what to do, `detail` is a tool's own last words."""

    def __init__(self, message: str, advice: str = "", *, detail: str = "", exit_code: int = 3) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.detail = detail
        self.exit_code = exit_code


def explain(error: Exception) -> Problem | None:
    """The problem behind an exception, or None for one that is a bug of ours.

    Looks modules up instead of importing them: an exception's module is loaded when it is raised.
    """
    if isinstance(error, Problem):
        return error
    local = sys.modules.get("imagebus_local.errors")
    if local and isinstance(error, local.LocalError):
        return Problem(error.message, error.advice, detail=error.detail)
    aws = sys.modules.get("botocore.exceptions")
    if aws and isinstance(error, aws.EndpointConnectionError | aws.ConnectionClosedError):
        return Problem(str(error), "Is the stack running? For the local one: imagebus local status")
    if aws and isinstance(error, aws.NoCredentialsError):
        return Problem("No AWS credentials were found.", "Sign in (aws sso login), or name a --profile.")
    if aws and isinstance(error, aws.ClientError):
        return Problem(str(error))
    return None
