"""Look up images: the list, one image, its events, where its files are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from imagebus.clock import timestamp
from imagebus.events.catalog import STAGES
from imagebus.history import view
from imagebus.history.derived import Shown, shown
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import alternatives
from imagebus.identity import image_id
from imagebus.image_types import most_compatible
from imagebus.listing import MAX_LIMIT, Filters
from imagebus.objects import is_folder
from imagebus.recipes.model import Active
from imagebus.recipes.store import UnknownRecipe
from imagebus_cli.output.text import hint
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack


def filters(
    status: str | None, prefix: str, label: str, since: datetime | None, until: datetime | None
) -> Filters:
    """Raises Problem if no moment lies between `since` and `until`."""
    if since and until and since >= until:
        raise Problem("--since is not before --until.", "Times without a zone are UTC.", exit_code=2)
    times = (timestamp(each) if each else "" for each in (since, until))
    return Filters(status, prefix, label, *times)


def listed(
    stack: Stack, filters: Filters, limit: int, cursor: str | None, *, everything: bool
) -> tuple[list[Item], str | None]:
    """Images, newest first, and the cursor of the next page: one page, or all of them. Raises Problem.

    Reads the indexes with four queries per page, never the whole table.
    """
    found: list[Item] = []
    while True:
        try:
            page = stack.index.newest(filters, MAX_LIMIT if everything else limit - len(found), cursor)
        except ValueError:
            raise Problem(
                "This is not a valid cursor.", "Use the one at the end of the previous page.", exit_code=2
            ) from None
        found += page.items
        cursor = page.cursor
        if cursor is None or (len(found) == limit and not everything):
            return found, cursor


def active(stack: Stack, at: datetime | None = None) -> Active:
    """The sets of recipes that are active, or were at that time. None are on a stack from before recipes."""
    if not _has_recipes(stack):
        return view.NOTHING_PROMOTED
    return stack.recipes.active_at(timestamp(at)) if at else stack.recipes.active()


def summary(item: Item, active: Active) -> dict[str, Any]:
    """An image of the list, as the API shows it but without links."""
    return view.summary(item, active).as_json()


def known(stack: Stack, key: str) -> Item:
    """The status item. As in the API, an upload that is in no log yet is being processed. Raises Problem."""
    item = stack.store.status(key)
    if item is None or item["status"] == "deleted":
        head = uploaded(stack, key)
        if head is not None:
            return view.pending(key, head["ContentLength"], head["LastModified"])
    if item is None:
        raise unknown(key)
    return item


def _present(stack: Stack, key: str) -> Item:
    """The status item of an image that was not deleted. Raises Problem."""
    item = known(stack, key)
    if item["status"] == "deleted":
        raise deleted(key)
    return item


def uploaded(stack: Stack, key: str) -> Mapping[str, Any] | None:
    """What S3 says about the object; None if there is none, if it is a folder's, or if S3 does not say."""
    try:
        head = stack.s3.head_object(Bucket=stack.uploads, Key=key)
        return None if is_folder(key, head["ContentLength"]) else head
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 403, 404):
            raise
        return None


def details(item: Item, active: Active) -> dict[str, Any]:
    """An image as the API shows it but without links, and the id that logs use for it."""
    found = view.details(item, active).as_json()
    return {"key": found.pop("key"), "image_id": image_id(item["image_key"]), **found}


def lines(item: Item, details: Mapping[str, Any]) -> dict[str, str]:
    """What a person sees of an image, by its label."""
    reason = f" ({item['reason']})" if item.get("reason") else ""
    known_ids = ("correlation_id", "revision")  # an upload that is in no log yet has none
    lines: dict[str, str] = {
        "status": f"{item['status']}{reason}",
        "image_id": image_id(item["image_key"]),
        **{name: str(item[name]) for name in known_ids if name in item},
        "since": str(item["created_at"]),
        "until": str(item.get("completed_at") or item["updated_at"]),
        "outstanding": ", ".join(outstanding(item)) or "nothing",
    }
    for failure in details["failures"]:
        what = f"{failure['error_type']} after {failure['attempts']} attempts at {failure['at']}"
        lines[f"failed, {failure['stage']}"] = f"{what}: {failure['message']}"
    return lines | _derived(details)


def outstanding(item: Item) -> list[str]:
    """The stages that the image waits for, in flow order, each with the fact that would end its work.

    They include the stages before those of the outstanding facts. Other facts are a consumer's of your own.
    """
    if "revision" not in item:
        return ["ingest (ImageUploaded)"]
    required, done = item.get("outstanding", []), item.get("stages", {})
    direct, upstream = alternatives(required), set[str]()
    found: list[str] = []
    for stage in reversed(STAGES):
        facts = [each for each in stage.emits if each in direct]
        if stage.name not in done:
            facts = facts or [each for each in stage.emits if each in upstream]
        if facts:
            found.insert(0, f"{stage.name} ({' or '.join(facts)})")
            upstream.update(stage.listens)
    of_stages = {fact for stage in STAGES for fact in stage.emits}
    return found + [fact for fact in required if of_stages.isdisjoint(alternatives([fact]))]


def _derived(details: Mapping[str, Any]) -> dict[str, str]:
    """What readers see, and by which recipe it was made."""
    lines = {}
    if recipe := details.get("recipe"):
        advice = hint(" (outdated: imagebus recipe backfill)") if details.get("outdated") else ""
        lines["recipe"] = f"{recipe}{advice}"
    thumbnails: dict[str, list[str]] = {}
    for each in details["thumbnails"]:
        thumbnails.setdefault(f"{each['name']} {_size(each)}", []).append(each["format"].lower())
    if thumbnails:
        lines["thumbnails"] = "; ".join(f"{name} {', '.join(each)}" for name, each in thumbnails.items())
    if watermarked := details.get("watermarked"):
        lines["watermarked"] = f"{_size(watermarked)} {watermarked['format'].lower()}"
    return lines


def _size(each: Mapping[str, Any]) -> str:
    return f"{each['width']}x{each['height']}"


def log(stack: Stack, key: str) -> Sequence[RecordedEvent]:
    """The events of the newest revision. Raises Problem if there are none."""
    events = stack.store.latest(key)
    if not events:
        raise without_log(stack, key)
    return events


def original(stack: Stack, key: str) -> dict[str, str]:
    """Bucket, key and version of the upload. Raises Problem if the image was deleted."""
    version = _present(stack, key).get("version_id")
    return {"Bucket": stack.uploads, "Key": key} | ({"VersionId": version} if version else {})


def processed(stack: Stack, key: str) -> dict[str, str]:
    """Bucket and key of the watermarked image. Raises Problem if it does not exist."""
    item = _present(stack, key)
    found = shown(item, active(stack))
    if found.watermarked:
        return {"Bucket": stack.images, "Key": found.watermarked["key"]}
    if _makes_no_copy(stack, found):
        raise Problem(
            f"There is no processed image: recipe {found.recipe} makes none.",
            "It has no watermark. See: imagebus recipe show",
            exit_code=1,
        )
    raise Problem(f"There is no processed image: the image is {item['status']}.", _look(), exit_code=1)


def thumbnail(stack: Stack, key: str, name: str, wanted: str | None) -> dict[str, str]:
    """Bucket and key of the thumbnail in the wanted format (lower case), or else in the one that most
    programs show. Raises Problem if it does not exist."""
    item = _present(stack, key)
    found: dict[str, dict[str, str]] = {}
    for each in shown(item, active(stack)).thumbnails:
        found.setdefault(each["name"], {})[each["format"]] = each["key"]
    if name not in found:
        there = ", ".join(found) or f"none; the image is {item['status']}"
        raise Problem(f"There is no thumbnail {name}.", f"Available: {there}", exit_code=1)
    files = found[name]
    chosen = wanted.upper() if wanted else most_compatible(files)
    if chosen not in files:
        there = ", ".join(files).lower()
        raise Problem(f"Thumbnail {name} is not in this format.", f"Available: {there}", exit_code=1)
    return {"Bucket": stack.images, "Key": files[chosen]}


def _makes_no_copy(stack: Stack, found: Shown) -> bool:
    if not found.recipe or not _has_recipes(stack):
        return False
    try:
        return stack.recipes.recipe(found.recipe).watermark == "none"
    except UnknownRecipe:
        return False


def _has_recipes(stack: Stack) -> bool:
    return "RecipesTableName" in stack.outputs


def delete(stack: Stack, key: str) -> None:
    """Put a delete marker on the original; the rest follows from the event. Raises Problem."""
    try:
        stack.s3.head_object(Bucket=stack.uploads, Key=key)
    except ClientError as error:
        answer = error.response["ResponseMetadata"]
        if answer["HTTPStatusCode"] != 404:
            raise
        covered = answer["HTTPHeaders"].get("x-amz-delete-marker") == "true"
        raise (deleted(key) if covered else unknown(key)) from error
    stack.s3.delete_object(Bucket=stack.uploads, Key=key)


def unknown(key: str) -> Problem:
    advice = "Keys are exact and include folders. See: imagebus list"
    return Problem(f"There is no image {key!r}.", advice, exit_code=1)


def deleted(key: str) -> Problem:
    advice = "Upload it again, or look at its events: imagebus events KEY"
    return Problem(f"The image {key!r} was deleted.", advice, exit_code=1)


def without_log(stack: Stack, key: str) -> Problem:
    """There is no such image, or its upload is in no log yet."""
    if uploaded(stack, key) is None:
        return unknown(key)
    advice = "They appear a moment after an upload. For older objects: imagebus import"
    return Problem(f"The image {key!r} has no events yet.", advice, exit_code=1)


def _look() -> str:
    return hint("See what happened to it: imagebus events KEY")
