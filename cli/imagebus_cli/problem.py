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
    return _of_aws(error) if "botocore.exceptions" in sys.modules else None


def _of_aws(error: Exception) -> Problem | None:
    from botocore import exceptions as aws

    sign_in = "Sign in (aws sso login), or name a --profile."
    advice: dict[tuple[type[Exception], ...], str] = {
        (
            aws.ConnectionError,
            aws.HTTPClientError,
        ): "Is the stack running? The local one: imagebus local status",
        (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError): sign_in,
        (aws.SSOError, aws.TokenRetrievalError): sign_in,
        (aws.ProfileNotFound,): "To see which there are: aws configure list-profiles",
        (aws.NoRegionError,): "Name a --region.",
    }
    if isinstance(error, aws.ClientError):
        return Problem(str(error), _advice(str(error.response.get("Error", {}).get("Code"))))
    return next(
        (Problem(str(error), what) for kinds, what in advice.items() if isinstance(error, kinds)), None
    )


def _advice(code: str) -> str:
    """What to do about an answer of AWS; nothing where its message is all there is to say."""
    if code == "ValidationError":  # what CloudFormation says of a stack that does not exist
        return "Check the name of the --stack, --profile and --region, or deploy it: imagebus deploy"
    if code.startswith(("ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient", "AuthFailure")):
        return "Sign in again (aws sso login), or name another --profile."
    if code.startswith("AccessDenied"):
        return "These credentials may not do that: name another --profile, or ask for the permission."
    return ""
