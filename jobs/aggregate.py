"""`spark-submit jobs/aggregate.py [options]` is `lakehouse aggregate [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["aggregate", *sys.argv[1:]]))
