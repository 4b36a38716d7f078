"""`spark-submit jobs/maintain.py [options]` is `lakehouse maintain [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["maintain", *sys.argv[1:]]))
