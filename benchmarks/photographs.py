"""Real photographs, from Debian's packages of wallpapers. Only Debian and its relatives have them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

# Package -> photographs in it, below usr/share/backgrounds.
_PACKAGES = {
    "lomiri-wallpapers-20.04": (
        "Kleiber_by_Lukas_Baubkus.jpg",
        "Fossa_by_Jasper_Roks.jpg",
        "Infinite-Sea_by_Aury88.jpg",
    ),
    "mate-backgrounds": (
        "mate/abstract/Elephants_5640x3172.jpg",
        "mate/nature/Garden.jpg",
        "mate/nature/LadyBird.jpg",
        "mate/nature/TwoWings.jpg",
        "mate/nature/Wood.jpg",
    ),
    "ukui-wallpapers": ("rhythm.jpg",),
}


def photographs(folder: Path) -> dict[str, Path]:
    """Name -> file. Downloads and unpacks the packages once, without installing them."""
    tools = [shutil.which(name) for name in ("apt-get", "dpkg-deb")]
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}
    for package, names in _PACKAGES.items():
        unpacked = folder / package
        if not unpacked.exists() and all(tools):
            subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=False)
            for archive in folder.glob(f"{package}_*.deb"):
                subprocess.run(["dpkg-deb", "-x", archive, unpacked], check=False)
                archive.unlink()
        for name in names:
            path = unpacked / "usr/share/backgrounds" / name
            if path.exists():
                found[f"photo-{path.stem.split('_')[0].lower()}"] = path
    return found
