"""A ``conf`` folder for tests of declarations: a correct pipeline; a test changes one file."""

from __future__ import annotations

from pathlib import Path

from lakehouse.config.pipeline import load_pipeline
from lakehouse.config.settings import Settings
from lakehouse.privacy.policy import load_policy
from lakehouse.refresh.compile import Compiler

PIPELINE = "description: For tests\nowner: tests@example.com\n"
BRONZE = """\
table: bronze.sales
description: Raw
source: {kind: files, format: json, path: "{landing}/sales/{date}"}
columns:
  sale_id: {type: string, pii: none}
  customer: {type: string, pii: customer_id}
  name: {type: string, pii: person_name}
  email: {type: string, pii: email}
  amount: {type: "decimal(12,2)", pii: none}
  at: {type: timestamp, pii: none}
"""
SILVER = """\
table: silver.sales
description: Shaped
source: bronze.sales
write: scd2
keys: [sale_id]
sequence_by: at
apply_as_deletes: "op = 'D'"
cluster_by: day
"""
SILVER_SQL = """\
SELECT sale_id, customer, email_domain, amount, 'I' AS op,
  CAST(at AS DATE) AS day,
  at
FROM bronze.sales
"""
GOLD = """\
table: gold.daily
description: Sales by day
source: silver.sales
write: replace_keys
keys: [day]
"""
GOLD_SQL = "SELECT day, sum(amount) AS total\nFROM silver.sales\nGROUP BY day\n"
FEATURES = """\
table: gold.features
description: What is known of a customer
source: silver.sales
keys: [customer]
"""
FEATURES_SQL = "SELECT customer, count(*) AS sales\nFROM silver.sales\nGROUP BY customer\n"
LABELS = FEATURES.replace("gold.features", "gold.labels") + "horizon: 7 days\n"
LABELS_SQL = "SELECT customer, count(*) = 0 AS left_us\nFROM silver.sales\nGROUP BY customer\n"
MODEL = """\
model: leaving
description: Who leaves
entity: customer
label: gold.labels.left_us
features:
  table: gold.features
  columns: [sales]
split: {test_days: 7, test_customers: 0.3}
scores:
  history: silver.predictions
  current: gold.scores
  carry: [sales]
"""
PRIVACY = """\
customer_id: {token: person}
person_name: drop
email: {token: email, also: domain}
none: keep
"""
FILES = {
    "pipeline.yml": PIPELINE,
    "bronze/sales.yml": BRONZE,
    "silver/sales.yml": SILVER,
    "silver/sales.sql": SILVER_SQL,
    "gold/daily.yml": GOLD,
    "gold/daily.sql": GOLD_SQL,
    "features/features.yml": FEATURES,
    "features/features.sql": FEATURES_SQL,
    "labels/labels.yml": LABELS,
    "labels/labels.sql": LABELS_SQL,
    "model.yml": MODEL,
}


def declare(folder: Path, **changes: str | None) -> Path:
    """``folder/conf`` with the pipeline ``shop``; a change is ``silver__sales_yml="…"``, None
    takes the file out."""
    conf = folder / "conf"
    changed = {_file(key): text for key, text in changes.items()}
    texts: dict[str, str | None] = {**FILES, **changed}
    for name, text in texts.items():
        if text is not None:
            file = conf / "pipelines" / "shop" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (conf / "privacy.yml").write_text(PRIVACY, encoding="utf-8")
    (conf / "base.yml").write_text("privacy_key: ${env:KEY}\n", encoding="utf-8")
    (conf / "dev.yml").write_text("", encoding="utf-8")
    return conf


def fingerprints(conf: Path, pipeline: str = "shop") -> dict[str, str]:
    """The fingerprint of each table's definition."""
    declared, policy = load_pipeline(conf, pipeline), load_policy(conf / "privacy.yml")
    settings = Settings(pipeline=pipeline, env="dev", conf_dir=conf)
    compiled = Compiler(declared, settings, policy, key=None).compile()
    return {name: definition.fingerprint for name, definition in compiled.items()}


def _file(key: str) -> str:
    name, _, ending = key.replace("__", "/").rpartition("_")
    return f"{name}.{ending}"
