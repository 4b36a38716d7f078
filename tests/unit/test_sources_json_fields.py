"""JSON: the fields of a line, all taken at once, are those that a look-up of each field finds."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from bronze_tables import bronze_table
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.json_files import open_json
from lakehouse.sources.listing import list_files

COLUMNS = ("op", "id", "Name", "amount")
LINES = (
    '{"op":"U","id":"1","Name":"x","amount":1}',
    '{"amount": 1 , "op" : "U"}',
    '{"op":"U","OP":"V","name":"y"}',
    '{"op":"U","op":"V"}',
    '{"x":1,"x":2}',
    '{"op":{"a":1,"a":2}}',
    '{"op":null,"x":null,"y":{}}',
    '{"op":"","id":" ","x":""}',
    "{}",
    '{"":1,"a.b":2,"$":3,"a b":4}',
    '{"op":"\\u00e9\\ud83d\\ude00\\n\\"","\\u006f\\u0070":"x"}',
    '{"\\u006f\\u0070":"x"}',
    '{"op":"\\ud83d"}',
    '{"op":"{","id":"}","Name":"[1]","x":"\\\\"}',
    '{"amount":2.50,"id":1e5,"op":-0,"Name":0.0000001}',
    '{"amount":12345678901234567890123456789012345678901234567890,"id":1E400}',
    '{"amount":1234567890123456789.10,"id":100,"op":-0.0}',
    '{"amount":01}',
    '{"amount":NaN}',
    '{"amount":+1}',
    '{"op":true,"id":false,"x":true}',
    '{"op":[1,2.50,{"b":"\\t","a":null}],"x":[{"z":1,"a":2}]}',
    '{"op":"1","id":"2"',
    '{"op":"1"}}',
    '{"op":"1"}]',
    '{"op":"1"} x',
    '{"op":"1"},{"op":"2"}',
    '{"op":"1",}',
    '{"op":"1" "id":"2"}',
    "{'op':'1'}",
    '{op:"1"}',
    '"op"',
    "null",
    "[]",
    '[{"op":"1"}]',
    '\ufeff{"op":"1"}',
    '\u00a0{"op":"1"}',
    '  {"op":"1"}\t',
    '{"op":"a\tb"}',
    "op,id",
)


def test_nasty_lines_have_the_fields_that_a_look_up_finds(
    spark: SparkSession, tmp_path: Path
) -> None:
    text = "\n".join([*LINES, *_random_lines(400)])
    (tmp_path / "a.json").write_bytes(text.encode() + b'\n{"op":"\xff"}\n{"\xc3":"1"}\n')
    table = bronze_table("json", dict.fromkeys(COLUMNS, "string"))
    (opened,) = open_json(spark, table, list_files(spark, table.source, str(tmp_path)).files)
    found = opened.frame.select(
        "value",
        opened.unparsed.alias("unparsed"),
        F.to_json(F.when(F.size(opened.others) > 0, opened.others)).alias("others"),
        *[column.alias(name) for name, column in opened.known.items()],
    )
    assert_df_equality(
        found, _look_up(spark, tmp_path / "a.json"), ignore_row_order=True, ignore_nullable=True
    )


def _look_up(spark: SparkSession, file: Path) -> DataFrame:
    """Each field by a look-up of its own in the variant."""
    value = F.col("value")
    pair = F.try_parse_json(F.concat(F.lit("["), value, F.lit(',"end"]')))
    whole = (F.try_variant_get(pair, "$[1]", "string") == "end") & F.is_valid_utf8(value)
    lines = spark.read.text(str(file)).where(F.btrim(value) != "")
    parsed = lines.withColumn("pair", F.when(whole, pair))
    fields = F.try_variant_get("pair", "$[0]", "map<string,variant>")
    others = F.map_filter(fields, lambda key, _: ~key.isin(*COLUMNS)).cast("map<string,string>")
    others = F.map_filter(others, lambda _, text: text.isNotNull())
    return parsed.select(
        "value",
        F.when(fields.isNull(), F.make_valid_utf8(value)).alias("unparsed"),
        F.to_json(F.when(F.size(others) > 0, others)).alias("others"),
        *[F.try_variant_get("pair", f"$[0].{name}", "string").alias(name) for name in COLUMNS],
    )


def _random_lines(count: int) -> Iterator[str]:
    """Lines of random fields, of which one in four is damaged at a random place."""
    draw = random.Random(20260301)
    values = ["", "x", None, True, 0, -7, 2.5, 1e300, 10**25, "ü\u2028", '"', "\\", [1, {"a": {}}]]
    for _ in range(count):
        names = draw.choices([*COLUMNS, "op2", "a", "B", "é"], k=draw.randint(0, 6))
        pairs = [(name, draw.choice(values)) for name in names]
        line = ",".join(
            f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=draw.random() < 0.5)}"
            for name, value in pairs
        )
        line = f"{{{line}}}"
        if draw.random() < 0.25:
            place = draw.randrange(len(line))
            line = line[:place] + draw.choice('{}[]",:\\0 ') + line[place + draw.randint(0, 1) :]
        yield line.replace("\u2028", " ") if draw.random() < 0.5 else line
