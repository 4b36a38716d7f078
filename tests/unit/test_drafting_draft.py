"""``lakehouse init``: valid at once, the same every time, nothing personal, all or nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from made_up_files import PEOPLE, STREETS, email, write_folder

from lakehouse.cli.main import main
from lakehouse.config.settings import load_settings
from lakehouse.drafting import publish
from lakehouse.drafting.draft import draft_pipeline
from lakehouse.drafting.sql_texts import identifier
from lakehouse.drafting.summary import summarize
from lakehouse.drafting.yaml_texts import scalar
from lakehouse.errors import UsageError
from lakehouse.privacy.policy import load_policy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A ``conf`` folder with settings and the policy of the project, and no pipeline."""
    folder = tmp_path / "home" / "conf"
    folder.mkdir(parents=True)
    for name in ("base.yml", "dev.yml", "privacy.yml"):
        shutil.copy(ROOT / "conf" / name, folder / name)
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder with the three made-up sources."""
    return write_folder(tmp_path / "landing")


def init(conf: Path, files: Path, name: str = "shop") -> int:
    return main(["init", name, "--from", str(files), "--conf-dir", str(conf)])


def written(conf: Path) -> dict[str, str]:
    """Every file of the pipelines and suites, by its path below the project."""
    home = conf.parent
    places = [*(conf / "pipelines").rglob("*.*"), *(home / "expectations").rglob("*.*")]
    return {
        file.relative_to(home).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(places)
    }


def test_a_draft_passes_validate(
    conf: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(conf, files) == 0
    assert set(written(conf)) == {
        "conf/pipelines/shop/pipeline.yml",
        *(f"conf/pipelines/shop/bronze/{name}.yml" for name in ("customers", "orders", "prices")),
        *(f"conf/pipelines/shop/silver/{name}.{ending}"
          for name in ("customers", "orders", "prices") for ending in ("yml", "sql")),
        "conf/pipelines/shop/gold/daily_orders.yml",
        "conf/pipelines/shop/gold/daily_orders.sql",
        *(f"expectations/shop/silver.{name}.json" for name in ("customers", "orders", "prices")),
    }  # fmt: skip
    capsys.readouterr()
    assert main(["validate", "--pipeline", "shop", "--conf-dir", str(conf)]) == 0
    assert capsys.readouterr().out == "shop: 7 tables, 3 suites: no mistakes\n"


def test_bronze_says_how_the_files_are_read(conf: Path, files: Path) -> None:
    init(conf, files)
    folder = conf / "pipelines" / "shop" / "bronze"
    customers, orders, prices = (
        yaml.safe_load((folder / f"{name}.yml").read_text())
        for name in ("customers", "orders", "prices")
    )
    assert customers["source"] == {
        "kind": "files", "format": "csv", "path": "{landing}/crm/customers_{date}.csv",
        "options": {"delimiter": ";", "encoding": "ISO-8859-1", "dateFormat": "dd.MM.yyyy"},
    }  # fmt: skip
    assert {name: tuple(column.values()) for name, column in customers["columns"].items()} == {
        "customer_no": ("string", "customer_id"), "full_name": ("string", "person_name"),
        "e_mail": ("string", "email"), "Street": ("string", "street"),
        "Plz": ("string", "postcode"), "Segment": ("string", "none"),
        "Balance": ("decimal(11,4)", "none"), "last_seen": ("date", "none"),
        "Remark": ("string", "free_text"),
    }  # fmt: skip
    assert orders["source"]["path"] == "{landing}/shop/{date}/orders-000.jsonl"
    assert orders["columns"]["contact"] == {"type": "struct<email:string,ip:string>"}
    assert orders["columns"]["lines"] == {
        "type": "array<struct<sku:string,quantity:bigint>>", "pii": "none",
    }  # fmt: skip
    assert prices["columns"]["price"] == {"type": "decimal(9,2)", "pii": "none"}


def test_silver_and_gold_follow_from_it(conf: Path, files: Path) -> None:
    init(conf, files)
    texts = written(conf)
    assert texts["conf/pipelines/shop/silver/customers.sql"] == (
        "SELECT\n  customer_no,\n  e_mail,\n  e_mail_domain,\n  Plz AS plz,\n"
        "  Segment AS segment,\n  Balance AS balance,\n  last_seen,\n  Remark AS remark\n"
        "FROM bronze.customers\n"
    )
    orders = yaml.safe_load(texts["conf/pipelines/shop/silver/orders.yml"])
    assert (orders["write"], orders["keys"]) == ("append", ["order_id"])
    gold = yaml.safe_load(texts["conf/pipelines/shop/gold/daily_orders.yml"])
    assert (gold["write"], gold["keys"]) == ("replace_keys", ["day", "status"])
    assert gold["chart"]["measure"] == {"column": "total_amount", "as": "sum"}


def test_the_day_of_a_time_with_a_zone_is_that_of_the_pipeline(conf: Path, files: Path) -> None:
    place = ["--from", str(files), "--conf-dir", str(conf)]
    assert main(["init", "shop", *place, "--timezone", "Europe/Copenhagen"]) == 0
    sql = written(conf)["conf/pipelines/shop/gold/daily_orders.sql"]
    assert "CAST(from_utc_timestamp(ordered_at, :timezone) AS DATE) AS day" in sql
    shutil.rmtree(files)
    files.mkdir()
    (files / "shop.csv").write_text("id,at\n1,2026-01-31 10:00\n2,2026-01-31 11:00\n")
    assert main(["init", "clock", *place, "--timezone", "Europe/Copenhagen"]) == 0
    sql = written(conf)["conf/pipelines/clock/gold/daily_shop.sql"]
    assert "CAST(at AS DATE) AS day" in sql


def test_rules_are_warnings_but_for_keys(conf: Path, files: Path) -> None:
    init(conf, files)
    suite = json.loads(written(conf)["expectations/shop/silver.orders.json"])
    rules = {rule["meta"]["id"]: rule for rule in suite["expectations"]}
    assert {rule: content["severity"] for rule, content in rules.items()} == {
        "order_id_is_present": "critical", "status_is_present": "warning",
        "status_is_known": "warning", "total_amount_is_present": "warning",
        "total_amount_is_in_range": "warning", "ordered_at_is_present": "warning",
        "lines_is_present": "warning", "order_id_is_unique": "info",
    }  # fmt: skip
    assert rules["status_is_known"]["kwargs"]["value_set"] == ["placed", "returned", "shipped"]
    assert "80 sampled rows" in rules["status_is_known"]["meta"]["notes"]


def test_the_same_folder_gives_the_same_files(conf: Path, files: Path, tmp_path: Path) -> None:
    init(conf, files)
    other = shutil.copytree(conf, tmp_path / "other" / "conf")
    shutil.rmtree(other / "pipelines")
    init(other, shutil.copytree(files, tmp_path / "copy"))
    assert written(other) == written(conf)


def test_nothing_personal_is_written_or_printed(
    conf: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(conf, files)
    captured = capsys.readouterr()
    text = "".join([captured.out, captured.err, *written(conf).values()])
    personal = [*PEOPLE, *STREETS, *map(email, range(60)), "10.0.0.", "C00001", "00001", "aftenen"]
    assert [value for value in personal if value in text] == []
    assert "Ann@x.example" not in _draft_of_names(conf, files)


def _draft_of_names(conf: Path, files: Path) -> str:
    """What is written for files whose names of columns are data."""
    (files / "scores.json").write_text('{"Ann@x.example": 5, "score": 1}\n')
    (files / "list.csv").write_text("Ann@x.example,Bo@x.example\nCy@x.example,Di@x.example\n")
    init(conf, files, "names")
    return "".join(written(conf).values())


def test_what_is_found_is_said_in_words(conf: Path, files: Path) -> None:
    draft = draft_pipeline("shop", files, load_policy(conf / "privacy.yml"), timezone="UTC")
    settings = load_settings(conf, pipeline="shop", env="dev")
    text = summarize(draft, settings, files)
    assert "▸ orders   shop/{date}/orders-000.jsonl   2 files, 2026-01-30 … 2026-01-31" in text
    assert "silver: append by order_id (unique in 80 sampled rows)" in text
    assert "? contact stays in bronze: it is nested" in text
    assert "Left out: README.txt: text without a delimiter" in text
    assert "Tokens need the key behind ${file:build/dev/privacy.key}" in text
    run = f"--conf-dir {conf} --set landing={files} --date 2026-01-31 --steps ingest,refine"
    assert f"lakehouse run --pipeline shop {run}" in text


def test_the_day_of_the_next_command_needs_no_clock(conf: Path, tmp_path: Path) -> None:
    policy = load_policy(conf / "privacy.yml")
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "orders.csv").write_text(
        "id,ordered_at,ends\n1,2025-03-04 10:00:00,9999-12-31\n2,2025-03-05 1:00,\n"
    )
    draft = draft_pipeline("shop", folder, policy, timezone="UTC")
    assert draft.date.isoformat() == "2025-03-05"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["init"], "missing argument 'NAME'"),
        (["init", "shop"], "missing option '--from'"),
        (["init", "My-Shop", "--from", "."], "invalid pipeline name 'My-Shop'"),
        (["init", "shop", "--from", "nowhere"], "folder 'nowhere' does not exist"),
        (["init", "shop", "--from", ".", "--timezone", "Mars"], "invalid time zone 'Mars'"),
        (["init", "shop", "--from", ".", "--pipeline", "x"], "unknown option '--pipeline'"),
    ],
)
def test_invalid_calls_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_an_existing_pipeline_is_never_overwritten(
    conf: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(conf, files) == 0
    before = written(conf)
    assert init(conf, files) == 2
    assert "init writes over nothing" in capsys.readouterr().err
    assert written(conf) == before


def test_a_folder_without_data_is_refused(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A letter.\n")
    policy = load_policy(conf / "privacy.yml")
    with pytest.raises(UsageError, match=r"no file in .* that a source can be drafted from"):
        draft_pipeline("shop", tmp_path / "home", policy, timezone="UTC")


def test_an_interrupted_init_leaves_nothing(
    conf: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target.parent.name == "pipelines":
            raise OSError("No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    draft = draft_pipeline("shop", files, load_policy(conf / "privacy.yml"), timezone="UTC")
    with pytest.raises(OSError, match="No space"):
        publish.publish(draft, conf, env="dev")
    assert written(conf) == {}
    assert [file.name for file in conf.iterdir() if file.name.startswith(".")] == []


def test_names_are_quoted_where_they_need_it() -> None:
    assert identifier("amount") == "amount"
    assert identifier("from") == "`from`"
    assert identifier("current_date") == "`current_date`"
    for text in ("no", "null", "1", "a: b", "x # y", "decimal(9,2)", "", "'", "é"):
        assert yaml.safe_load(scalar(text)) == text
        assert yaml.safe_load(f"{{k: {scalar(text)}}}") == {"k": text}
