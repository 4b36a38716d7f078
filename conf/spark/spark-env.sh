#!/usr/bin/env bash
# Read at every start of Spark with SPARK_CONF_DIR=conf/spark, from spark-submit and from Python alike.

# Python is the one of the environment that this Spark lies in, whatever PATH says.
_environment="${SPARK_HOME%/lib/python*}"
if [ -x "$_environment/bin/python" ]; then
  PYSPARK_PYTHON="${PYSPARK_PYTHON:-$_environment/bin/python}"
fi
unset _environment

# One machine: do not ask the name server who we are.
SPARK_LOCAL_IP="${SPARK_LOCAL_IP:-127.0.0.1}"

# The whole of Spark's compiled code fits in 256 MB; when it does not fit, the compiler stops.
# Sessions over small data (tests, the demo) take half the processor time and half the memory with
# LAKEHOUSE_JAVA_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"; millions of rows take twice as long.
LAKEHOUSE_JAVA_OPTIONS="${LAKEHOUSE_JAVA_OPTIONS:--XX:+UseParallelGC}"
SPARK_SUBMIT_OPTS="-XX:ReservedCodeCacheSize=256m $LAKEHOUSE_JAVA_OPTIONS ${SPARK_SUBMIT_OPTS:-}"

# Spark's classes as set-up recorded them (tools/archive.py). They fit one class path, which must begin
# with the jars; a call that brings a class path of its own goes without.
if [ -f "$SPARK_HOME/startup.jsa" ]; then
  case "$*" in
    *class-path* | *extraClassPath*) ;;
    *)
      SPARK_SUBMIT_OPTS="$SPARK_SUBMIT_OPTS -XX:SharedArchiveFile='$SPARK_HOME/startup.jsa' -Xlog:disable"
      SPARK_SUBMIT_OPTS="$SPARK_SUBMIT_OPTS -cp '$SPARK_HOME/jars/*:$SPARK_CONF_DIR/${HADOOP_CONF_DIR:+:$HADOOP_CONF_DIR}'"
      ;;
  esac
fi

# The launcher's remark about an incubating module is of no use to a reader.
exec 2> >(exec grep --line-buffered -v '^WARNING: Using incubator modules' >&2)
