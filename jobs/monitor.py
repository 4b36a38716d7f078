"""`spark-submit jobs/monitor.py [options]` is `lakehouse monitor [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["monitor", *sys.argv[1:]]))
