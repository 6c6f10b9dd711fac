"""Animations and containers of several images give a still of the first."""

from __future__ import annotations

import dataclasses
import os
import signal
import struct

import pytest
from PIL import Image

from imagebus.recipes.model import Watermark
from imagebus_imaging import (
    Limits,
    Rejected,
    animating,
    describe,
    thumbnails,
    validate,
    watermark,
)
from tests.unit.imaging.pictures import BLUE, GREEN, RED, encoded, near, opened

FRAMES = [Image.new("RGB", (120, 80), colour) for colour in (RED, GREEN, BLUE)]


def _animated(image_format: str) -> bytes:
    return encoded(FRAMES[0], image_format, save_all=True, append_images=FRAMES[1:])


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_its_first_frame_and_says_how_many_it_had(image_format: str) -> None:
    data = _animated(image_format)
    info = validate(data)
    assert (info.frames, info.width, info.height) == (3, 120, 80)
    for derived in (*thumbnails(data, [(60, 60)]), watermark(data, Watermark(text=""))):
        image = opened(derived)
        assert getattr(image, "n_frames", 1) == 1
        assert near(image.convert("RGB").getpixel((20, 20)), RED, 16)
    assert describe(data).dominant_colors[0].startswith("#d") or near(
        tuple(bytes.fromhex(describe(data).dominant_colors[0][1:])), RED, 16
    )


def test_a_gif_with_a_transparent_background_keeps_it() -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([*RED, *GREEN])
    image.paste(0, (0, 0, 20, 40))
    data = encoded(image, "GIF", transparency=1)
    found = opened(thumbnails(data, [(40, 40)])[0])
    assert near(found.getpixel((5, 5)), (*RED, 255))
    assert found.getpixel((35, 35))[3] == 0


def test_an_mpo_is_its_first_image() -> None:
    # What a camera writes for 3D, and a phone for a gain map: a second JPEG behind the first.
    data = encoded(FRAMES[0], "MPO", save_all=True, append_images=FRAMES[1:])
    info = validate(data)
    assert (info.format, info.mime, info.frames) == ("JPEG", "image/jpeg", 1)
    (thumbnail,) = thumbnails(data, [(60, 60)])
    assert thumbnail.format == "JPEG"
    assert near(opened(thumbnail).getpixel((20, 20)), RED, 16)


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_frames_have_a_budget(image_format: str) -> None:
    data = _animated(image_format)
    with pytest.raises(Rejected) as caught:
        validate(data, Limits(max_frames_pixels=2 * 120 * 80))
    assert caught.value.code == "too_many_frames"
    assert caught.value.limit == 2 * 120 * 80
    assert caught.value.actual == 3 * 120 * 80


def test_one_large_frame_is_not_an_animation() -> None:
    assert (
        validate(_animated("GIF")[:0] or encoded(FRAMES[0], "GIF"), Limits(max_frames_pixels=10)).frames == 1
    )


@pytest.mark.parametrize("image_format", ["GIF", "WEBP"])
def test_an_animation_moves_where_asked_for(image_format: str) -> None:
    data = encoded(
        FRAMES[0], image_format, save_all=True, append_images=FRAMES[1:], duration=[70, 120, 200], loop=0
    )
    small, large = thumbnails(data, [(60, 60), (5000, 5000)], animated=True)
    assert (small.name, small.format, small.width, small.height) == ("60x60", "WEBP", 60, 40)
    assert (large.name, large.width) == ("5000x5000", 120)
    for made in (small, large):
        image = opened(made)
        assert (image.n_frames, image.info["loop"]) == (3, 0)
        for number, colour in enumerate((RED, GREEN, BLUE)):
            image.seek(number)
            assert near(image.convert("RGB").getpixel((20, 20)), colour, 20)
    assert not hasattr(opened(thumbnails(data, [(60, 60)], animated=True, formats=["jpeg"])[0]), "loop")
    for still in (encoded(FRAMES[0], image_format), encoded(FRAMES[0], "JPEG")):
        assert getattr(opened(thumbnails(still, [(60, 60)], animated=True)[0]), "n_frames", 1) == 1


def test_an_animation_of_too_many_frames_is_refused_and_of_too_large_ones_is_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = _animated("GIF")
    monkeypatch.setattr(animating, "_MAX_HELD_PIXELS", 3 * 60 * 40)
    small, large = thumbnails(data, [(60, 60), (120, 120)], animated=True)
    assert (small.format, large.format) == ("WEBP", "PNG")
    monkeypatch.setattr(animating, "_BUDGET", 1000)
    with pytest.raises(Rejected, match="too_many_frames"):
        thumbnails(data, [(60, 60)], animated=True)


def _bomb(width: int, height: int, frames: int) -> bytes:
    """Frames that differ in every pixel, in few bytes."""
    pictures = [Image.new("L", (width, height), 255 * (n % 2)) for n in range(frames)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=20)


def test_an_animation_that_costs_too_much_is_still(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _bomb(1000, 1000, 20)
    assert len(data) < 100_000
    assert validate(data).frames == 20
    assert thumbnails(data, [(60, 60)], animated=True)[0].frames == 20
    monkeypatch.setattr(animating, "_LIMITS", dataclasses.replace(animating._LIMITS, cpu_seconds=0.05))
    (made,) = thumbnails(data, [(60, 60)], animated=True)
    assert (made.format, made.frames) == ("PNG", 1)


def test_an_animation_with_a_broken_later_frame_is_still() -> None:
    broken = b"\x2c" + struct.pack("<HHHHB", 0, 0, 120, 80, 0) + b"\x0c\x04\xff\xff\xff\xff\0"
    data = _animated("GIF")[:-1] + broken + b"\x3b"
    assert validate(data).frames == 4
    (made,) = thumbnails(data, [(60, 60)], animated=True)
    assert made.frames == 1
    assert near(opened(made).convert("RGB").getpixel((20, 20)), RED, 16)


def _opaque_webp(*frames: tuple[int, int, int, int, int]) -> bytes:
    """Red frames on a canvas of 40x40: (left, top, width, height, 1 if removed before the next)."""

    def riff(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)

    def three(*values: int) -> bytes:
        return b"".join(value.to_bytes(3, "little") for value in values)

    parts = riff(b"VP8X", b"\2\0\0\0" + three(39, 39)) + riff(b"ANIM", bytes(6))
    for left, top, width, height, removed in frames:
        pixels = encoded(Image.new("RGB", (width, height), RED), "WEBP", lossless=True)[12:]
        place = three(left // 2, top // 2, width - 1, height - 1, 100)
        parts += riff(b"ANMF", place + bytes([removed]) + pixels)
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def test_what_no_frame_of_an_opaque_webp_covers_is_transparent() -> None:
    # As Chromium and libvips show it.
    data = _opaque_webp((10, 10, 20, 20, 0), (0, 0, 20, 20, 0))
    assert validate(data).has_alpha
    still = opened(thumbnails(data, [(40, 40)], formats=["png"])[0])
    assert still.getpixel((20, 20)) == (*RED, 255)
    assert still.getpixel((2, 2))[3] == 0
    (made,) = thumbnails(data, [(40, 40)], animated=True)
    # The output consists of such frames, too: browsers need no flag, and Pillow does.
    moving = opened(made.data[:20] + bytes([made.data[20] | 0x10]) + made.data[21:])
    assert moving.n_frames == 2
    moving.seek(1)
    assert moving.convert("RGBA").getpixel((36, 36))[3] == 0
    assert moving.convert("RGBA").getpixel((2, 2))[3] == 255


@pytest.mark.parametrize(
    ("frames", "has_alpha"),
    [
        ([(0, 0, 40, 40, 0), (10, 10, 20, 20, 0)], False),
        ([(0, 0, 40, 40, 0), (10, 10, 20, 20, 1), (0, 0, 40, 40, 0)], False),
        ([(0, 0, 40, 40, 0), (10, 10, 20, 20, 1), (0, 0, 10, 10, 0)], True),
        ([(0, 0, 40, 40, 1), (10, 10, 20, 20, 0)], True),
        ([(0, 0, 40, 38, 0)], True),
    ],
)
def test_a_webp_whose_frames_cover_the_canvas_has_no_alpha(
    frames: list[tuple[int, int, int, int, int]], has_alpha: bool
) -> None:
    assert validate(_opaque_webp(*frames)).has_alpha is has_alpha


def test_frames_are_decoded_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    monkeypatch.setattr(animating, "_animated", crash)
    (made,) = thumbnails(_animated("GIF"), [(60, 60)], animated=True)
    assert made.format == "PNG", "the parent lives, and the first frame is sound"


def test_the_frames_of_all_sizes_are_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animating, "_MAX_HELD_PIXELS", 3 * (60 * 40 + 90 * 60))
    found = thumbnails(_animated("GIF"), [(120, 120), (90, 90), (60, 60)], animated=True)
    assert [made.format for made in found] == ["PNG", "WEBP", "WEBP"]
