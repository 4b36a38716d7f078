"""Figure ``tokens``: keyed tokens of e-mail addresses beside a plain ``sha2`` of them."""

from __future__ import annotations

from pyspark.sql import functions as F

from benchmarks.session import compute, open_session, print_pairs, time_pairs
from lakehouse.privacy.keys import Key
from lakehouse.privacy.tokens import EMAIL_DOMAIN, token_of, with_keys

KEY = Key(bytes(range(64)))  # a fixed key of no one: only its length matters


def main() -> None:
    """Measure both over a Parquet file of addresses, each different."""
    spark, asked = open_session("tokens", __doc__)
    place = str(asked.folder / f"{asked.rows}.parquet")
    email = F.concat(F.lit("Customer."), F.hex("id"), F.lit("@mail.example")).alias("email")
    spark.range(asked.rows).select(email).write.mode("overwrite").parquet(place)
    rows = spark.read.parquet(place)
    keyed = with_keys(rows, [EMAIL_DOMAIN], KEY, spark)
    tokens = keyed.select(token_of(F.col("email"), EMAIL_DOMAIN).alias("token"))
    hashes = rows.select(F.sha2("email", 256).alias("hash"))
    print_pairs(time_pairs(lambda: compute(tokens), lambda: compute(hashes), asked.runs))


if __name__ == "__main__":
    main()
