#!/usr/bin/env bash
# Sourced whenever Spark starts with SPARK_CONF_DIR=conf/spark, from spark-submit and from Python.

# Use the Python of the environment in which this Spark is installed, regardless of PATH.
_environment="${SPARK_HOME%/lib/python*}"
if [ -x "$_environment/bin/python" ]; then
  PYSPARK_PYTHON="${PYSPARK_PYTHON:-$_environment/bin/python}"
fi
unset _environment

# One machine: avoid looking up the host name.
SPARK_LOCAL_IP="${SPARK_LOCAL_IP:-127.0.0.1}"

# Spark's compiled code fits in 256 MB; if the cache is full, the compiler stops.
# Sessions on little data need half the processor time and half the memory with
# LAKEHOUSE_JAVA_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"; millions of rows take twice as long. The
# library sets it where it starts Spark itself and the landing and warehouse folders hold at most 128 MB.
LAKEHOUSE_JAVA_OPTIONS="${LAKEHOUSE_JAVA_OPTIONS:--XX:+UseParallelGC}"
SPARK_SUBMIT_OPTS="-XX:ReservedCodeCacheSize=256m $LAKEHOUSE_JAVA_OPTIONS ${SPARK_SUBMIT_OPTS:-}"

# The class data archive that set-up recorded (tools/archive.py). It is valid for one class path, which
# must begin with the jars, so a call with another class path does not use it.
if [ -f "$SPARK_HOME/startup.jsa" ]; then
  case "$*" in
    *class-path* | *extraClassPath*) ;;
    *)
      SPARK_SUBMIT_OPTS="$SPARK_SUBMIT_OPTS -XX:SharedArchiveFile='$SPARK_HOME/startup.jsa' -Xlog:disable"
      SPARK_SUBMIT_OPTS="$SPARK_SUBMIT_OPTS -cp '$SPARK_HOME/jars/*:$SPARK_CONF_DIR/${HADOOP_CONF_DIR:+:$HADOOP_CONF_DIR}'"
      ;;
  esac
fi

# Hide the launcher's warning about an incubating module.
exec 2> >(exec grep --line-buffered -v '^WARNING: Using incubator modules' >&2)
