"""The rows by which images are listed by label: a projection of the status item, beside it in the table.

They share an index with the lists by status: a status has no "=".
"""

from __future__ import annotations

from collections.abc import Sequence

from imagebus.history.fold import Item

#: The sort key of a row begins with this, and ends with the label.
LABEL_PREFIX = "LABEL#"
#: Rows of one image: they, those that they replace and the status item fit into one transaction of 100.
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_LABELS = 49


def normal(label: str) -> str:
    """The form in which labels are stored and looked up."""
    return " ".join(label.casefold().split())


def labels(item: Item) -> Sequence[str]:
    """The labels that the image can be found by: the most certain ones, if there are too many."""
    found = sorted(item.get("labels", {}).get("labels", ()), key=lambda each: -float(each["confidence"]))
    return list(dict.fromkeys(name for each in found if (name := normal(each["name"]))))[:MAX_LABELS]


def label_rows(item: Item | None) -> Sequence[Item]:
    """The rows that belong beside the status item, in the order of their sort keys."""
    if item is None:
        return []
    same = {name: item[name] for name in ("image_key", "listed_at", "revision", "version_id") if name in item}
    shard = item["status_shard"].rpartition("#")[2]
    return [
        same | {"sk": LABEL_PREFIX + label, "status_shard": shard_of(label, shard)}
        for label in sorted(labels(item))
    ]


def shard_of(label: str, number: int | str) -> str:
    """The partition of the index by status that has the label's rows."""
    return f"label={label}#{number}"
