"""`spark-submit jobs/plan.py [options]` is `lakehouse plan [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["plan", *sys.argv[1:]]))
