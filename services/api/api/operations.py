"""The operations of the OpenAPI document, by path and method."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, TypeAdapter

from api.models import (
    MAX_FILES,
    Accepted,
    Health,
    Image,
    ImageVariants,
    InlineUpload,
    Live,
    Page,
    PutTicket,
    Refusal,
    Retried,
    Stats,
    Ticket,
    Timeline,
    UploadRequest,
)
from api.parts import (
    AT,
    BINARY,
    FILENAME,
    FILTERS,
    FORMAT,
    IF_NONE_MATCH,
    KEY_PARAMETER,
    LOCATION_HEADER,
    NAME,
    REFERENCE,
    TEXT,
    UNCHANGED,
    URLS,
    VARY_HEADER,
    Schema,
    in_json,
    operation,
    query,
    read,
    redirect,
    ref,
    response,
)
from imagebus.history.view import Status
from imagebus.listing import DEFAULT_LIMIT, MAX_LIMIT

UploadRequests = UploadRequest | Annotated[list[UploadRequest], Field(min_length=1, max_length=MAX_FILES)]


def paths(content_types: tuple[str, ...]) -> Schema:
    status_schema = {"type": "string", "enum": [*get_args(Status), ""]}
    limit_schema = {  # an empty parameter counts as an absent one
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
            {"type": "string", "maxLength": 0},
        ],
        "default": DEFAULT_LIMIT,
    }
    cursor_schema = {"type": "string", "pattern": "^(0[0-9a-f]{43})?$"}
    upload_schema = TypeAdapter(UploadRequests).json_schema(ref_template=REFERENCE)
    upload_schema.pop("$defs", None)
    tickets = [ref(Ticket), ref(PutTicket)]
    image_key = (KEY_PARAMETER,)
    return {
        "/": {
            "get": operation(
                "page",
                "The web page",
                {
                    200: response("The page.", {"text/html": TEXT}),
                    304: UNCHANGED,
                },
                public=True,
            )
        },
        "/openapi.json": {
            "get": operation(
                "describe",
                "This document",
                {200: response("The OpenAPI document.", in_json({"type": "object"})), 304: UNCHANGED},
                public=True,
            )
        },
        "/health": {
            "get": operation(
                "health",
                "Health check",
                {200: response("The API is up.", in_json(ref(Health)))},
                public=True,
            )
        },
        "/stats": {
            "get": operation(
                "countImages",
                "How many images there are of each status; at most ten seconds old",
                {200: response("The counts.", in_json(ref(Stats)))},
                (400,),
            )
        },
        "/live": {
            "get": operation(
                "openLive",
                "A signed WebSocket address where changes are pushed; without one, poll",
                {200: response("The address, if the system has one.", in_json(ref(Live)))},
                (400,),
            )
        },
        "/images": {
            "post": operation(
                "requestUploads",
                "Ask to upload one file, or up to 100: a presigned form, or a URL for a key of your own",
                {
                    200: response(
                        "For each file what allows the upload, in the order of the request.",
                        in_json({"anyOf": [*tickets, {"type": "array", "items": {"anyOf": tickets}}]}),
                    ),
                    207: response(
                        "Of a list, some files are refused: for each a form or the reason, in order.",
                        in_json({"type": "array", "items": {"anyOf": [*tickets, ref(Refusal)]}}),
                    ),
                },
                (400, 409, 413, 415),
                body=in_json(upload_schema),
            ),
            "get": read(
                "listImages",
                "Images, newest first; by prefix or label, a page with a cursor may be short or empty",
                Page,
                query("status", "Only images with this status.", status_schema),
                *FILTERS,
                query("limit", "Maximum number of images.", limit_schema),
                query("cursor", "The cursor of an earlier page, to continue after it.", cursor_schema),
                URLS,
                missing=False,
            ),
        },
        "/upload": {
            "post": operation(
                "upload",
                "Upload a small image, as bytes or as base64 in JSON; at most 4 MiB",
                {202: response("Stored and queued for processing.", in_json(ref(Accepted)), LOCATION_HEADER)},
                (400, 413, 415),
                parameters=(FILENAME,),
                body={**dict.fromkeys(content_types, BINARY), **in_json(ref(InlineUpload))},
            )
        },
        "/images/{key}": {
            "get": read("showImage", "Everything known about an image", Image, *image_key, URLS, AT),
            "delete": operation(
                "deleteImage",
                "Delete an image and its derived images",
                {202: response("Marked as deleted.", in_json(ref(Accepted)))},
                (400, 404),
                parameters=image_key,
            ),
        },
        "/images/{key}/status": {
            "get": read("showStatus", "The same as GET /images/{key}", Image, *image_key, URLS, AT)
        },
        "/images/{key}/events": {
            "get": read(
                "showEvents", "The events of the newest revision, with their causes", Timeline, *image_key
            )
        },
        "/images/{key}/original": {"get": redirect("getOriginal", "The uploaded file", *image_key)},
        "/images/{key}/processed": {"get": redirect("getProcessed", "The watermarked image", *image_key)},
        "/images/{key}/thumbnails/{name}": {
            "get": redirect(
                "getThumbnail",
                "A variant in the format that most programs show",
                *image_key,
                NAME,
            )
        },
        "/images/{key}/variants": {
            "get": operation(
                "listVariants",
                "The variants of an image, with their URLs, srcset and HTML",
                {
                    200: response("What is shown now.", in_json(ref(ImageVariants))),
                    304: UNCHANGED,
                },
                (400, 404),
                parameters=(*image_key, IF_NONE_MATCH),
            )
        },
        "/images/{key}/variants/{name}": {
            "get": redirect(
                "getVariant",
                "A variant in the best format that Accept allows",
                *image_key,
                NAME,
                FORMAT,
                problems=(400, 404, 406),
                headers=VARY_HEADER,
            )
        },
        "/images/{key}/retry": {
            "post": operation(
                "retryImage",
                "Retry the outstanding work of a failed image",
                {202: response("The retry was requested.", in_json(ref(Retried)))},
                (400, 404, 409),
                parameters=image_key,
            )
        },
    }
