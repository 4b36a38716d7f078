"""Run ``lakehouse`` in this process, and kill its process group at a failpoint.

``python killed_run.py WAREHOUSE FAILPOINT WORDS…``; without a failpoint ("") the run ends.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from failpoints import Failpoint, failpoints

from lakehouse.cli.main import main


def run(warehouse: str, chosen: str, *words: str) -> int:
    def reach(point: Failpoint) -> None:
        if str(point) == chosen:
            os.killpg(os.getpgrp(), signal.SIGKILL)

    with failpoints(Path(warehouse), reach):
        return main(words)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
