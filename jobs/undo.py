"""`spark-submit jobs/undo.py [options]` is `lakehouse undo [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["undo", *sys.argv[1:]]))
