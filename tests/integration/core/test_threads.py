"""Events may be read in several threads from the start, as commands that work on many images do."""

from __future__ import annotations

import subprocess
import sys

READ_AT_ONCE = """
import sys, threading
sys.setswitchinterval(1e-6)
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
item = dict(name="a", bucket="b", key="k", width=1, height=1, format="JPEG", bytes=1, sha256="0" * 64)
fact = {"recipe": "1", "items": [item]}
together = threading.Barrier(16)
def read(number):
    together.wait()
    ThumbnailsCreated.from_json(fact) if number % 2 else Thumbnail.from_json(item)
threads = [threading.Thread(target=read, args=(number,)) for number in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_the_first_use_of_a_type_may_be_in_many_threads() -> None:
    """Without care, a third of these processes crash in native code."""
    for _ in range(8):
        done = subprocess.run([sys.executable, "-c", READ_AT_ONCE], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
