"""Lets ``.venv/bin/spark-submit`` find its own Spark, also where .venv is not activated."""

from __future__ import annotations

from tools import environment

# Spark's own script asks the python3 on PATH where Spark is, and trusts an empty SPARK_HOME.
FIND_SPARK_HOME = """\
# Laid by tools/spark_commands.py; read by spark-submit, pyspark and their like in this folder.
if [ -z "${SPARK_HOME:-}" ]; then
  unset SPARK_HOME
  _bin="$(cd "$(dirname "$0")" && pwd)"
  SPARK_HOME="$("$_bin/python" "$_bin/find_spark_home.py")"
  export SPARK_HOME
  unset _bin
fi
"""


def install() -> None:
    """Lay the script anew (never into the package cache's copy, which may be the same file)."""
    target = environment.VENV / "bin" / "find-spark-home"
    target.unlink(missing_ok=True)
    target.write_text(FIND_SPARK_HOME)
    target.chmod(0o755)
