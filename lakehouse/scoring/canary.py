"""The entities whose current predictions the challenger makes: a share by a hash of the key.

An entity is in the share on every day, for every challenger of the model, and remains in it when
the share is raised. The hash is of its own kind, so that the share is independent of the customers
that training holds out (``ml.split``).
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_DIGITS = 13
_OUT_OF = 16**_DIGITS
"""The hash has 52 bits, which a double holds exactly."""


def is_in_canary(entity: Column, share: float, *, model: str) -> Column:
    """Whether an entity is in ``share`` (0 to 1) of the registered model; false for NULL.

    The first 13 hexadecimal digits of SHA-256 of ``canary:MODEL:ENTITY``, as a number, are below
    ``share`` of all such numbers.
    """
    text = F.concat(F.lit(f"canary:{model}:"), entity.cast("string"))
    digits = F.substring(F.sha2(text, 256), 1, _DIGITS)
    number = F.conv(digits, 16, 10).cast("double")
    return F.coalesce(number < F.lit(share * _OUT_OF), F.lit(False))
