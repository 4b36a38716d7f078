"""The smallest pipeline, which most of these tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from till import Till


@pytest.fixture
def till(tmp_path: Path, privacy_key: str) -> Till:
    """Bronze and silver sales, declared and not yet run."""
    return Till(tmp_path).sales()
