"""What an import does with each object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from botocore.exceptions import ClientError


class ImportOutcome(StrEnum):
    IMPORTED = "imported"
    COPIED = "copied"
    KNOWN = "known"
    FOLDER = "folder"
    GONE = "gone"
    ERASED = "erased"
    ARCHIVED = "archived"
    CUSTOMER_KEY = "customer_key"
    KMS_KEY = "kms_key"
    DENIED = "denied"
    CONFLICT = "conflict"


#: Why an object could not be imported. The others need nothing to be done.
REFUSED = {
    ImportOutcome.ERASED: "erased; a new upload brings the key back",
    ImportOutcome.ARCHIVED: "in an archive tier; restore it first",
    ImportOutcome.CUSTOMER_KEY: "encrypted with a key of the customer (SSE-C), which no function has",
    ImportOutcome.KMS_KEY: "encrypted with a KMS key that may not be used, or is disabled",
    ImportOutcome.DENIED: "S3 denies access to it",
    ImportOutcome.CONFLICT: "somebody wrote to or deleted the key meanwhile; import it again",
}


@dataclass
class Tally:
    """The outcomes so far, and the bytes of what was imported or copied. `refused` holds the keys of objects
    that could not be.
    """

    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    bytes: int = 0
    refused: list[tuple[str, ImportOutcome]] = field(default_factory=list)

    def add(self, key: str, outcome: ImportOutcome, size: int | None = 0) -> None:
        self.counts[outcome] += 1
        if outcome in (ImportOutcome.IMPORTED, ImportOutcome.COPIED):
            self.bytes += size or 0
        if outcome in REFUSED:
            self.refused.append((key, outcome))


def of_error(error: ClientError) -> ImportOutcome:
    """What S3's refusal to read an object means. Raises the error if it is about something else.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    code = str(error.response["Error"].get("Code"))
    message = str(error.response["Error"].get("Message"))
    if code in ("NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed"):
        return ImportOutcome.GONE
    if code in ("InvalidObjectState", "ObjectNotInActiveTierError"):
        return ImportOutcome.ARCHIVED
    if code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in message):
        return ImportOutcome.KMS_KEY
    if code in ("AccessDenied", "403"):
        return ImportOutcome.DENIED
    if code in ("InvalidRequest", "400") and ("ncryption" in message or code == "400"):
        return ImportOutcome.CUSTOMER_KEY
    if code == "ConditionalRequestConflict":
        return ImportOutcome.CONFLICT
    raise error
