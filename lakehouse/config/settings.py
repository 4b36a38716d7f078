"""Settings of an environment: paths, names and references to secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lakehouse.config.names import Days
from lakehouse.config.validation import parse_declaration
from lakehouse.config.webhook import ADDRESS_HINT, is_address, is_reference
from lakehouse.config.yaml_file import Document, did_you_mean, load
from lakehouse.errors import DeclarationError, UsageError

_SLOT = re.compile(r"\{(env|pipeline)\}")


class Settings(BaseModel):
    """The settings of a pipeline in an environment. Paths may use ``{env}`` and ``{pipeline}``.

    ``given`` are the settings of ``--set``, as they were given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pipeline: str
    env: str
    conf_dir: Path
    given: dict[str, str] = Field(default_factory=dict)
    landing: str = "build/{env}/{pipeline}/landing"
    warehouse: str = "build/{env}/{pipeline}/warehouse"
    mlflow: str = "build/{env}/{pipeline}/mlflow"
    reports: str = "build/{env}/{pipeline}/reports"
    catalog: str | None = None
    schema_prefix: str = ""
    privacy_key: str | None = Field(default=None, description="a reference, never the key")
    threads: int = Field(default=4, gt=0)
    keep_history: Days = "30 days"
    log_format: Literal["text", "json"] = "text"
    alert_webhook: str | None = Field(
        default=None, repr=False, description="an address, or a reference to one that is secret"
    )

    @field_validator("alert_webhook")
    @classmethod
    def _is_webhook(cls, value: str | None) -> str | None:
        if value is not None and not (is_reference(value) or is_address(value)):
            raise ValueError(f"not the address of a webhook; {ADDRESS_HINT}")
        return value


_GIVEN = ("pipeline", "env", "conf_dir", "given")


def setting_names() -> list[str]:
    """The settings that a file or ``--set`` may name."""
    return [name for name in Settings.model_fields if name not in _GIVEN]


def environments(conf_dir: Path) -> list[str]:
    """The environments that have a file ``conf/<env>.yml``."""
    beside = {"base", "privacy"}
    return sorted(file.stem for file in conf_dir.glob("*.yml") if file.stem not in beside)


def load_settings(
    conf_dir: Path, *, pipeline: str, env: str, changes: dict[str, str] | None = None
) -> Settings:
    """``base.yml``, then ``<env>.yml``, then ``changes`` (from ``--set``); the last one wins.

    Raises UsageError for an unknown environment or setting, DeclarationError (file:line) for a
    mistake in the files.
    """
    if not conf_dir.is_dir():
        raise UsageError(f"folder '{conf_dir}' does not exist", hint="name it with --conf-dir DIR")
    known = environments(conf_dir)
    if env not in known:
        raise UsageError(
            f"unknown environment '{env}'{did_you_mean(env, known)}",
            where=str(conf_dir),
            hint=f"environments here: {', '.join(known) or 'none'}; choose one with --env",
        )
    given: dict[str, Any] = {"pipeline": pipeline, "env": env, "conf_dir": conf_dir,
                             "given": changes or {}}  # fmt: skip
    merged = Document(conf_dir / f"{env}.yml", {}, {})
    for file in (conf_dir / "base.yml", conf_dir / f"{env}.yml"):
        document = load(file) if file.is_file() else Document(file, {}, {})
        parse_declaration(Settings, document, **given)
        merged.data.update(document.data)
        merged.lines.update(document.lines)
    merged.data.update(_changes(changes or {}))
    return _fill_slots(parse_declaration(Settings, merged, **given))


def _changes(changes: dict[str, str]) -> dict[str, str]:
    for key in changes:
        if key not in setting_names():
            raise UsageError(
                f"unknown setting '{key}'{did_you_mean(key, setting_names())}",
                where="--set",
                hint=f"known: {', '.join(setting_names())}",
            )
        if key == "privacy_key" and not re.match(r"\$\{(env|file):", changes[key]):
            raise DeclarationError(
                "the key itself is on the command line; give a reference",
                where="--set privacy_key",
                hint="${env:NAME} or ${file:PATH}",
            )
        if key == "alert_webhook" and not is_reference(changes[key]):
            raise DeclarationError(
                "an address is on the command line, which messages repeat; give a reference",
                where="--set alert_webhook",
                hint="${env:NAME} or ${file:PATH}",
            )
    return changes


def _fill_slots(settings: Settings) -> Settings:
    values = {"env": settings.env, "pipeline": settings.pipeline}
    places = {
        name: _SLOT.sub(lambda slot: values[slot.group(1)], value)
        for name, value in settings.model_dump().items()
        if isinstance(value, str) and name not in _GIVEN
    }
    return settings.model_copy(update=places)
