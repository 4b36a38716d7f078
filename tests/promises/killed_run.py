"""Run ``lakehouse`` in this process, and send a signal to its process group at failpoints.

``python killed_run.py WAREHOUSE FAILPOINT WORDS…`` kills the group at a failpoint. With "every" the
group is stopped (SIGSTOP) at each, and with "" the run ends.
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
        if chosen == "every":
            os.killpg(os.getpgrp(), signal.SIGSTOP)
        elif str(point) == chosen:
            os.killpg(os.getpgrp(), signal.SIGKILL)

    with failpoints(Path(warehouse), reach):
        return main(words)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
