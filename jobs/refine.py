"""`spark-submit jobs/refine.py [options]` is `lakehouse refine [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["refine", *sys.argv[1:]]))
