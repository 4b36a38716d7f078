"""`spark-submit jobs/preview.py [options]` is `lakehouse preview [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["preview", *sys.argv[1:]]))
