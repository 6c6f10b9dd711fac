"""Errors that a person can act on."""

from __future__ import annotations

import errno
import sys

from imagebus_cli.output.text import hint

#: Packages of this repository that the wheel leaves out.
IN_A_CHECKOUT = frozenset({"imagebus_local", "samples", "tools"})
#: Modules that `pip install 'imagebus[imaging]'` brings.
IMAGING = frozenset({"PIL", "cykooz", "isal", "pillow_heif"})

#: What no program can help: a disk that is full or read-only, a file of somebody else.
OF_THE_COMPUTER = frozenset({errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS})


class Problem(Exception):
    """`message` says what happened, `advice` what to do, `detail` is the end of a tool's own output."""

    def __init__(self, message: str, advice: str = "", *, detail: str = "", exit_code: int = 3) -> None:
        super().__init__(message)
        self.message = message
        self.advice = hint(advice)
        self.detail = detail
        self.exit_code = exit_code


def explain(error: Exception) -> Problem | None:
    """The problem behind an exception, or None if the exception is a bug.

    Looks modules up instead of importing them: an exception's module is loaded when it is raised.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, ModuleNotFoundError):
        return _of_installation(error)
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return Problem("The working directory is gone.", "Change to another one: cd …")
    if isinstance(error, OSError) and error.errno in OF_THE_COMPUTER:
        return Problem(f"{error.filename or 'The output cannot be written'}: {error.strerror}.")
    local = sys.modules.get("imagebus_local.errors")
    if local and isinstance(error, local.LocalError):
        return Problem(error.message, error.advice, detail=error.detail)
    return _of_aws(error) if "botocore.exceptions" in sys.modules else None


def _of_installation(error: ModuleNotFoundError) -> Problem | None:
    """What an installation from the wheel lacks: the checkout, or an extra."""
    if error.name in IN_A_CHECKOUT:
        advice = "Clone the repository, run `make setup` in it, and use its .venv/bin/imagebus."
        return Problem("This command needs a checkout of the imagebus repository.", advice)
    module = (error.name or "").partition(".")[0]
    if module in IMAGING:
        return Problem(f"This command needs {module}.", "Install it: pip install 'imagebus[imaging]'")
    return None


def _of_aws(error: Exception) -> Problem | None:
    from botocore import exceptions as aws

    sign_in = "Sign in (aws sso login), or name a --profile."
    advice: dict[tuple[type[Exception], ...], str] = {
        (
            aws.ConnectionError,
            aws.HTTPClientError,
        ): "Is the stack running? For the local one: imagebus local status",
        (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError): sign_in,
        (aws.SSOError, aws.TokenRetrievalError): sign_in,
        (aws.ProfileNotFound,): "List your profiles: aws configure list-profiles",
        (aws.NoRegionError,): "Name a --region, or set AWS_REGION.",
    }
    if isinstance(error, aws.ClientError):
        return Problem(str(error), _advice(str(error.response.get("Error", {}).get("Code"))))
    return next(
        (Problem(str(error), what) for kinds, what in advice.items() if isinstance(error, kinds)), None
    )


def _advice(code: str) -> str:
    """What to do about an error code of AWS; empty where its message says everything."""
    if code == "ValidationError":  # CloudFormation's answer for a stack that does not exist
        return "Check the name of the --stack, --profile and --region, or deploy it: imagebus deploy"
    if code.startswith(("ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient", "AuthFailure")):
        return "Sign in again (aws sso login), or name another --profile."
    if code.startswith("AccessDenied"):
        return "These credentials lack the permission: name another --profile, or ask for it."
    return ""
