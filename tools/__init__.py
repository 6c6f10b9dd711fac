"""What only a checkout needs; none of it ships."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
