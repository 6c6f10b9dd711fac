"""Landscapes painted by code: photo-like pictures (texture, grain, haze) that are free of rights.

Every scene is a pure function of its size and seed.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Size = tuple[int, int]

_HALF = [v // 2 for v in range(256)]


def noise(size: Size, rng: Random, *, octaves: int = 6, grid: Size = (4, 3)) -> Image.Image:
    """Fractal value noise as one 8-bit channel: random grids, each twice as fine and half as strong."""
    field, total = Image.new("L", grid), 0.0
    for octave in range(octaves):
        w, h = grid[0] << octave, grid[1] << octave
        finer = Image.frombytes("L", (w, h), rng.randbytes(w * h))
        weight = 0.5**octave
        total += weight
        # Only the last step, below, is as large as the picture.
        field = Image.blend(field.resize((w, h), Image.Resampling.BICUBIC), finer, weight / total)
    return ImageOps.autocontrast(field.resize(size, Image.Resampling.BICUBIC))


def grain(image: Image.Image, rng: Random, strength: float = 0.045) -> Image.Image:
    """Film grain, so that no area is flat and the encoder has work to do."""
    w, h = image.size
    speckle = Image.frombytes("L", (w, h), rng.randbytes(w * h)).filter(ImageFilter.BoxBlur(1))
    return Image.blend(image, Image.merge("RGB", (speckle,) * 3), strength)


def vertical(size: Size, top: str, middle: str, bottom: str) -> Image.Image:
    return ImageOps.colorize(Image.linear_gradient("L").resize(size), top, bottom, mid=middle)


def glow(size: Size, centre: tuple[float, float], radius: float, power: float = 2.2) -> Image.Image:
    """A mask that fades from `centre` to `radius` (both as fractions of the width)."""
    side = max(2, int(2 * radius * size[0]))
    edge = 181  # radial_gradient is 255 in the corners; this is its value on the inscribed circle
    disc = Image.radial_gradient("L").point([int(255 * max(0.0, 1 - v / edge) ** power) for v in range(256)])
    mask = Image.new("L", size)
    mask.paste(
        disc.resize((side, side)),
        (int(centre[0] * size[0]) - side // 2, int(centre[1] * size[1]) - side // 2),
    )
    return mask


def ridge(width: int, rng: Random, roughness: float) -> list[float]:
    """A skyline between 0 and 1 by midpoint displacement, one value per pixel column."""
    points, spread = [rng.random(), rng.random()], 0.5
    while len(points) < width + 1:
        finer = [points[0]]
        for left, right in pairwise(points):
            finer += [(left + right) / 2 + rng.uniform(-spread, spread), right]
        points, spread = finer, spread * roughness
    low, high = min(points), max(points)
    return [(p - low) / (high - low) for p in points[:width]]


def clouds(image: Image.Image, rng: Random, *, colour: str, cover: float) -> None:
    """Lay streaky clouds over the upper part of `image`."""
    start = int(255 * (1 - cover))
    curve = [min(255, max(0, int((v - start) * 2.2))) for v in range(256)]
    mask = noise(image.size, rng, octaves=7, grid=(3, 5)).point(curve)
    fade = ImageOps.invert(Image.linear_gradient("L")).resize(image.size)
    image.paste(Image.new("RGB", image.size, colour), (0, 0), ImageChops.multiply(mask, fade))


def mountains(
    size: Size, seed: int, sky: tuple[str, str, str] = ("#2f5d9b", "#8fb5dc", "#f6dcc0")
) -> Image.Image:
    """Ridges in the haze above a lake that mirrors them."""
    rng = Random(seed)
    w, h = size
    shore = int(h * 0.74)
    view = vertical((w, shore), *sky)
    clouds(view, rng, colour="#fff6ea", cover=0.55)
    view.paste(Image.new("RGB", view.size, "#fff3cf"), (0, 0), glow(view.size, (0.68, 0.55), 0.3))
    rock = ImageOps.colorize(
        noise(view.size, rng, octaves=8, grid=(6, 4)), "#1d2a30", "#9a9488", mid="#4a5552"
    )
    haze = Image.new("RGB", view.size, sky[1])
    layers = 5
    for layer in range(layers):
        near = layer / (layers - 1)
        skyline = ridge(w, rng, 0.52 + 0.04 * near)
        base, height = shore * (0.52 + 0.42 * near), shore * (0.36 - 0.24 * near)
        mask = Image.new("L", view.size)
        line = [(x, base - height * y) for x, y in enumerate(skyline)]
        ImageDraw.Draw(mask).polygon([*line, (w, shore), (0, shore)], fill=255)
        tint = Image.blend(haze, rock, 0.25 + 0.6 * near)
        if layer < 2:  # snow above the tree line of the far ridges
            snow = noise(view.size, rng, octaves=7, grid=(8, 8)).point(
                [255 if v > 118 else 70 for v in range(256)]
            )
            cap = ImageChops.multiply(snow, glow(view.size, (0.5, 0.2), 0.62, 1.0))
            tint.paste(Image.new("RGB", view.size, "#f4f7fb"), (0, 0), cap)
        view.paste(tint, (0, 0), mask.filter(ImageFilter.BoxBlur(w / 1600)))
    picture = Image.new("RGB", size)
    picture.paste(view, (0, 0))
    lake = ImageOps.flip(view).crop((0, 0, w, h - shore)).filter(ImageFilter.GaussianBlur(w / 500))
    ripples = noise(lake.size, rng, octaves=7, grid=(2, 12))
    lake = Image.blend(lake, Image.new("RGB", lake.size, "#123448"), 0.35)
    lake = ImageChops.soft_light(lake, Image.merge("RGB", (ripples,) * 3))
    picture.paste(lake, (0, shore))
    return grain(picture, rng)


def dusk(size: Size, seed: int) -> Image.Image:
    """The same mountains just after sunset."""
    return mountains(size, seed, sky=("#1b1e4b", "#a4507a", "#ffb36b"))


def sea(size: Size, seed: int) -> Image.Image:
    """Open water under a low sun, with its glitter."""
    rng = Random(seed)
    w, h = size
    horizon = int(h * 0.46)
    sky = vertical((w, horizon), "#3a7bbf", "#9fd0ea", "#fbe3b8")
    clouds(sky, rng, colour="#ffffff", cover=0.5)
    sky.paste(Image.new("RGB", sky.size, "#fff4c8"), (0, 0), glow(sky.size, (0.42, 0.82), 0.22, 3.0))
    water = vertical((w, h - horizon), "#7fb9c4", "#1f6f8b", "#0a2f45")
    waves = noise(water.size, rng, octaves=8, grid=(3, 10))
    water = ImageChops.overlay(water, Image.merge("RGB", (waves,) * 3))
    crests = waves.point([255 if v > 178 else 0 for v in range(256)]).filter(
        ImageFilter.GaussianBlur(w / 1600)
    )
    path = glow((w, h - horizon), (0.42, 0.25), 0.42, 1.4)
    water.paste(Image.new("RGB", water.size, "#fff2d0"), (0, 0), ImageChops.multiply(crests, path))
    picture = Image.new("RGB", size)
    picture.paste(sky, (0, 0))
    picture.paste(water, (0, horizon))
    return grain(picture, rng)


def city(size: Size, seed: int) -> Image.Image:
    """A skyline at night, its windows lit, lights out of focus in front."""
    rng = Random(seed)
    w, h = size
    picture = vertical(size, "#0a1030", "#2b2350", "#7a3f58")
    clouds(picture, rng, colour="#46406e", cover=0.5)
    for depth, shade in enumerate(("#1c1c3c", "#131530", "#0b0d20")):
        draw = ImageDraw.Draw(picture)
        x = -int(w * 0.02)
        while x < w:
            width, top = (
                int(w * rng.uniform(0.03, 0.09)),
                int(h * rng.uniform(0.3 + 0.1 * depth, 0.62 + 0.06 * depth)),
            )
            draw.rectangle((x, top, x + width, h), fill=shade)
            pane = max(2, w // 260)
            for wx in range(x + pane, x + width - pane, pane * 2):
                for wy in range(top + pane * 2, h, pane * 3):
                    if rng.random() < 0.3:
                        lit = rng.choice(("#ffd68a", "#ffe9bd", "#f0b060", "#b8d4ff"))
                        draw.rectangle((wx, wy, wx + pane - 1, wy + pane), fill=lit)
            x += width + int(w * rng.uniform(0.0, 0.01))
        picture = picture.filter(ImageFilter.GaussianBlur(w / 1400 * (2 - depth)))
    for _ in range(26):
        radius = rng.uniform(0.012, 0.035)
        light = Image.new("RGB", size, rng.choice(("#ffb45e", "#ff7a6b", "#7fc7ff", "#ffe6a8")))
        picture.paste(
            light, (0, 0), glow(size, (rng.random(), rng.uniform(0.7, 1.0)), radius, 0.6).point(_HALF)
        )
    return grain(picture, rng, 0.06)


def dunes(size: Size, seed: int) -> Image.Image:
    """Sand in raking light."""
    rng = Random(seed)
    w, h = size
    picture = vertical(size, "#6fa3d8", "#cfe0ea", "#f3d9b0")
    sand = ImageOps.colorize(noise(size, rng, octaves=8, grid=(3, 14)), "#8a4a22", "#ffd89a", mid="#d99050")
    for layer in range(4):
        near = layer / 3
        rise, phase, waves = h * (0.16 - 0.02 * layer), rng.uniform(0, math.tau), rng.uniform(0.8, 1.6)
        base = h * (0.46 + 0.15 * layer)
        line = [
            (x, base - rise * math.sin(phase + waves * math.tau * x / w) ** 2) for x in range(0, w + 8, 8)
        ]
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([*line, (w, h), (0, h)], fill=255)
        shade = Image.blend(
            sand, Image.new("RGB", size, ("#f2c894", "#8a4a2a")[layer % 2]), 0.45 - 0.2 * near
        )
        picture.paste(shade, (0, 0), mask.filter(ImageFilter.BoxBlur(w / 1600)))
    return grain(picture, rng)


def flower(size: Size, seed: int) -> Image.Image:
    """A blossom cut out on a transparent ground, with soft edges: RGBA."""
    rng = Random(seed)
    w, h = size
    side = min(w, h)
    hue = ImageOps.colorize(noise(size, rng, octaves=6), "#b3185a", "#ffd0e4", mid="#f2689c")
    blossom = Image.new("RGBA", size)
    for ring, petals in ((1.0, 9), (0.72, 7), (0.46, 6)):
        for petal in range(petals):
            leaf = Image.new("L", (side, side))
            reach = side * 0.47 * ring
            box = (side / 2 - reach * 0.27, side / 2 - reach, side / 2 + reach * 0.27, side / 2)
            ImageDraw.Draw(leaf).ellipse(box, fill=235)
            leaf = leaf.rotate(360 * petal / petals + rng.uniform(-6, 6), Image.Resampling.BILINEAR)
            mask = Image.new("L", size)
            mask.paste(leaf.filter(ImageFilter.BoxBlur(side / 400)), ((w - side) // 2, (h - side) // 2))
            shade = Image.blend(
                hue, Image.new("RGB", size, rng.choice(("#ffffff", "#d02a70"))), rng.uniform(0.05, 0.25)
            )
            blossom = Image.alpha_composite(blossom, Image.merge("RGBA", (*shade.split(), mask)))
    heart = glow(size, (0.5, 0.5), 0.09, 0.5)
    pollen = ImageOps.colorize(
        noise(size, rng, octaves=8, grid=(16, 16)), "#8a5a00", "#ffe27a", mid="#f0b020"
    )
    return Image.alpha_composite(blossom, Image.merge("RGBA", (*pollen.split(), heart)))
