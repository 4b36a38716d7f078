"""Let ``.venv/bin/spark-submit`` find its own Spark, even where .venv is not activated."""

from __future__ import annotations

from tools import environment

# Spark's own script uses the python3 on PATH to find Spark, and accepts an empty SPARK_HOME.
FIND_SPARK_HOME = """\
# Written by tools/spark_commands.py; used by spark-submit, pyspark and others in this folder.
if [ -z "${SPARK_HOME:-}" ]; then
  unset SPARK_HOME
  _bin="$(cd "$(dirname "$0")" && pwd)"
  SPARK_HOME="$("$_bin/python" "$_bin/find_spark_home.py")"
  export SPARK_HOME
  unset _bin
fi
"""


def install() -> None:
    """Replace the script; unlinked first, since it may be a hard link into the package cache."""
    target = environment.VENV / "bin" / "find-spark-home"
    target.unlink(missing_ok=True)
    target.write_text(FIND_SPARK_HOME)
    target.chmod(0o755)
