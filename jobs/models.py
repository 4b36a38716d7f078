"""`spark-submit jobs/models.py [options]` is `lakehouse models [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["models", *sys.argv[1:]]))
