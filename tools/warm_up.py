"""Use Spark as a run does, on tiny tables, so that the loaded classes can be recorded."""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def copy(batch: DataFrame, folder: str) -> None:
    """Append a stream's batch."""
    batch.write.format("delta").mode("append").save(f"{folder}/copy")


def warm_up(spark: SparkSession, folder: str) -> None:
    """Write, merge, read, stream and convert ten rows."""
    ten = spark.range(10).select("id", (F.col("id") * 2).alias("value"))
    table = f"{folder}/table"
    ten.write.format("delta").option("delta.enableChangeDataFeed", "true").save(table)
    ten.where("id > 4").createOrReplaceTempView("newer")
    spark.sql(
        f"MERGE INTO delta.`{table}` AS t USING newer AS n ON t.id = n.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    ).collect()
    frame = spark.read.format("delta").load(table)
    frame.groupBy((F.col("id") % 2).alias("key")).agg(F.sum("value")).orderBy("key").toPandas()
    frame.groupBy("value").applyInPandas(lambda group: group, frame.schema).collect()
    for kind in ("csv", "json", "parquet"):
        frame.write.format(kind).save(f"{folder}/{kind}")
        spark.read.schema(frame.schema).format(kind).load(f"{folder}/{kind}").count()
    stream = spark.readStream.format("delta").load(table).writeStream.trigger(availableNow=True)
    stream = stream.option("checkpointLocation", f"{folder}/checkpoint")
    stream.foreachBatch(lambda batch, _: copy(batch, folder)).start().awaitTermination()


if __name__ == "__main__":
    session = SparkSession.builder.appName("warm_up").getOrCreate()
    warm_up(session, sys.argv[1])
    session.stop()
