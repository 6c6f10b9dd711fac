"""The function's settings, from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imagebus.history.required import DEFAULT, Required
from imagebus.image_types import IMAGE_TYPES, MIME_TYPES
from imagebus.naming import inbox_urls


@dataclass(frozen=True)
class Settings:
    """`inboxes` maps a stage to the URL of its queue; `max_bytes` is the largest accepted file.

    `images_url` is where anyone can read derived images, without a slash at its end; empty if nowhere.
    `live_api` is ID/STAGE of the WebSocket API that pushes changes; empty if there is none.
    """

    status_table: str
    uploads_bucket: str
    images_bucket: str
    inboxes: Mapping[str, str] = field(default_factory=dict)
    required: Required = field(default_factory=lambda: Required.parse(DEFAULT))
    max_bytes: int = 50 * 1024 * 1024
    content_types: tuple[str, ...] = MIME_TYPES
    cors_origins: tuple[str, ...] = ()
    recipes_table: str = ""
    images_url: str = ""
    live_api: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError for a missing variable."""
        formats = {name.strip() for name in environment["ACCEPTED_FORMATS"].split(",")}
        origins = environment.get("CORS_ORIGINS", "").split(",")
        return cls(
            status_table=environment["STATUS_TABLE"],
            uploads_bucket=environment["UPLOADS_BUCKET"],
            images_bucket=environment["IMAGES_BUCKET"],
            inboxes=inbox_urls(environment["INBOX_URLS"]),
            required=Required.parse(environment["REQUIRED_FACTS"]),
            max_bytes=int(environment["MAX_BYTES"]),
            content_types=tuple(each.mime for each in IMAGE_TYPES if each.format in formats),
            cors_origins=tuple(origin.strip() for origin in origins if origin.strip()),
            recipes_table=environment["RECIPES_TABLE"],
            images_url=environment.get("IMAGES_URL", "").rstrip("/"),
            live_api=environment.get("LIVE_API", ""),
        )
