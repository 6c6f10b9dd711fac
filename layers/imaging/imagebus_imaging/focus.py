"""Where a crop is placed. It has the full width or height of its image, and moves along the other axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image

from imagebus_imaging.geometry import Shape, fit
from imagebus_imaging.raster import flatten
from imagebus_imaging.resizing import scale

if TYPE_CHECKING:
    from imagebus.recipes.model import Variant

Face = tuple[float, float, float, float]

_SIDE = 256
_STEPS = 32
# Of a bit of entropy. What differs less is equal, and the position nearest to the centre is taken: so neither
# noise nor the scale of the image decides.
_DIGITS = 2


class Focus:
    """Positions of crops of one image, whatever its scale.

    `faces` are boxes (left, top, width, height) in fractions of the image as displayed.
    """

    def __init__(self, image: Image.Image, faces: Sequence[Face] = ()) -> None:
        self._image = image
        self._faces = [face for face in map(_visible, faces) if face[2] > 0 and face[3] > 0]
        self._small: dict[str, Image.Image] = {}

    def offset(self, variant: Variant, shape: Shape) -> tuple[int, int]:
        """Where the crop begins in the scaled image; where it is padded, where the image is in the result."""
        free_x, free_y = shape.scaled[0] - shape.size[0], shape.scaled[1] - shape.size[1]
        axis = int(free_y > free_x)
        offset = [abs(free_x) // 2, abs(free_y) // 2]
        free = (free_x, free_y)[axis]
        if free > 0 and variant.focus != "centre":
            share = shape.size[axis] / shape.scaled[axis]
            start = self._start_of_faces(axis, share) if variant.focus == "faces" else None
            if start is None:
                start = self._start_of_entropy(axis, share, variant.background)
            offset[axis] = min(max(0, round(start * shape.scaled[axis])), free)
        return offset[0], offset[1]

    def _start_of_faces(self, axis: int, share: float) -> float | None:
        """The faces that a crop holds together, of those the ones with the largest area, are in its middle.
        The largest face is, if it is larger than the crop.
        """
        if not self._faces:
            return None
        groups = []
        for first in (face[axis] for face in self._faces):
            group = [f for f in self._faces if first <= f[axis] and f[axis] + f[axis + 2] <= first + share]
            if group:
                ends = min(f[axis] for f in group) + max(f[axis] + f[axis + 2] for f in group)
                groups.append((sum(map(_area, group)), -abs(ends - 1), ends))
        if groups:
            return (max(groups)[-1] - share) / 2
        largest = max(self._faces, key=_area)
        return largest[axis] + (largest[axis + 2] - share) / 2

    def _start_of_entropy(self, axis: int, share: float, behind: str) -> float:
        """The crop whose grey levels have the highest entropy: where there is most to see."""
        image = self._grey(behind)
        length = max(1, round(image.size[axis] * share))
        free = image.size[axis] - length
        steps = max(1, min(free, _STEPS))

        def merit(step: int) -> tuple[float, int]:
            start = round(free * step / steps)
            stop = start + length
            box = (0, start, image.width, stop) if axis else (start, 0, stop, image.height)
            return round(image.crop(box).entropy(), _DIGITS), -abs(2 * step - steps)

        return (1 - share) * max(range(steps + 1), key=merit) / steps

    def _grey(self, behind: str) -> Image.Image:
        if behind not in self._small:
            small = scale(self._image, fit(*self._image.size, (_SIDE, _SIDE)))
            self._small[behind] = flatten(small, behind).convert("L")
        return self._small[behind]


def _visible(face: Face) -> Face:
    """The part of a face that is in the image."""
    left, top = max(0.0, face[0]), max(0.0, face[1])
    return left, top, min(1.0, face[0] + face[2]) - left, min(1.0, face[1] + face[3]) - top


def _area(face: Face) -> float:
    return face[2] * face[3]
