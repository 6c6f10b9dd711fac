"""Request and response models, from which the OpenAPI document is generated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.problems import Code, GatewayCode
from imagebus.history import view
from imagebus.history.view import View as Answer

#: Files of one request.
MAX_FILES = 100
#: No segment is empty or begins with a dot, and there are no control characters.
OWN_KEY = r"^uploads(/[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*)+$"
META_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"

FileName = Annotated[str, Field(min_length=1, max_length=255)]
Base64 = Annotated[
    str,
    Field(
        min_length=4,
        pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        json_schema_extra={"contentEncoding": "base64"},
    ),
]
#: The end of a page: 12 hexadecimal digits of milliseconds and the image's id. Opaque to callers.
Cursor = Annotated[str, Field(pattern=r"^0[0-9a-f]{43}$")]


def _whole(value: object) -> object:
    """1.0 is a whole number in JSON; "1" is not a number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


MetaValue = Annotated[str, Field(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
Size = Annotated[
    int, Field(ge=1, description="The exact size of the upload in bytes."), BeforeValidator(_whole)
]


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class UploadRequest(Request):
    """A file that the caller is about to upload."""

    filename: FileName
    content_type: str
    size: Size
    key: Annotated[
        str,
        Field(
            max_length=255,
            pattern=OWN_KEY,
            description="A key of your own, below uploads/. Without it the server chooses one.",
        ),
    ] = ""
    overwrite: Annotated[bool, Field(description="Whether an own key may replace an image.")] = False
    user_metadata: Annotated[
        dict[str, MetaValue],
        Field(
            description="Stored with the file as x-amz-meta-…, and part of ImageValidated. At most 2 KB.",
            json_schema_extra={"propertyNames": {"pattern": META_NAME}},
        ),
    ] = {}


class InlineUpload(Request):
    """A small file with its content."""

    filename: FileName
    content_type: str
    data: Base64


class FieldError(Answer):
    field: str
    message: str


class ProblemDetails(Answer):
    """RFC 9457. `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    code: Literal[Code, GatewayCode]
    detail: str
    errors: list[FieldError] | None = None


class Links(Answer):
    """Addresses relative to the API's; `self` is the status."""

    self_: Annotated[str, Field(serialization_alias="self")]
    events: str
    original: str | None = None
    processed: str | None = None
    thumbnails: dict[str, str] | None = None
    variants: str | None = None


class Urls(Answer):
    """URLs that need no API key: presigned and valid for at most five minutes, or the CDN's."""

    original: str | None = None
    processed: str | None = None
    thumbnail: str | None = None
    thumbnails: dict[str, str] | None = None


class Ticket(Answer):
    """A presigned POST: send `fields`, then the file as `file`, as multipart/form-data to `url`."""

    key: str
    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_at: str
    links: Links


class PutTicket(Answer):
    """A presigned PUT: send the file to `url` with exactly these headers. 412: the key is taken."""

    key: str
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: str
    links: Links


class Refusal(Answer):
    """A file of a list that cannot be uploaded. `filename` is as it was sent."""

    filename: str | None = None
    error: ProblemDetails


class Accepted(Answer):
    key: str
    links: Links


class Retried(Answer):
    key: str
    stages: Annotated[list[str], Field(description="The stages that are retried.")]
    links: Links


class Summary(view.Summary):
    """An image in the list. Sizes are in bytes."""

    links: Links
    urls: Urls | None = None


class Image(view.Details):
    """Everything known about an image."""

    links: Links
    urls: Urls | None = None


class Page(Answer):
    """`cursor` leads to the next page; there is none after the last."""

    items: list[Summary]
    cursor: Cursor | None = None


class Timeline(view.Timeline):
    links: Links


class VariantFile(Answer):
    """One format of a variant. `url` needs no API key."""

    format: Annotated[str, Field(description="As in recipes.yml and for ?format=: jpeg, png, webp, avif.")]
    mime: str
    width: int
    height: int
    bytes: int
    url: str


class Variant(Answer):
    """One variant in each of its formats. `link` is the address that chooses one by Accept."""

    link: str
    formats: list[VariantFile]


class Picture(Answer):
    """Variants that show the same at different sizes, for one <img> or <picture>; the largest first."""

    variants: list[str]
    srcset: Annotated[dict[str, str], Field(description="By format, with width descriptors.")]
    html: Annotated[str, Field(description="A <picture> for them. Write the alternative text into it.")]


class ImageVariants(Answer):
    """The derived images that are shown, all by one recipe.

    `outdated`: they are by an earlier recipe, until those of the promoted one are complete. `expires_at` is
    when the URLs cease to work; without it they are permanent.
    """

    key: str
    recipe: str | None = None
    outdated: bool
    thumbhash: str | None = None
    expires_at: str | None = None
    variants: dict[str, Variant]
    pictures: Annotated[list[Picture], Field(description="The one with the largest image first.")]
    links: Links


class Counts(Answer):
    processing: int
    completed: int
    rejected: int
    failed: int
    deleted: int


class Stats(Answer):
    """`counts`: images by status. Not `complete`: there were too many to count, and there are more."""

    counts: Counts
    complete: bool
    as_of: str


class Live(Answer):
    """`url` opens a WebSocket until `expires_at`, without the API key. Absent where nothing pushes."""

    url: str | None = None
    expires_at: str | None = None


class Health(Answer):
    status: Literal["ok"]
