"""`spark-submit jobs/ingest.py [options]` is `lakehouse ingest [options]`."""

from __future__ import annotations

import sys

from lakehouse.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["ingest", *sys.argv[1:]]))
