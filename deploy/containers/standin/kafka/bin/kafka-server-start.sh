#!/bin/sh
exec java ${KAFKA_HEAP_OPTS:--Xmx1g} -Dkafka.logs.dir="${LOG_DIR:-/tmp}" -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties \
  -cp '/opt/kafka/libs/*' kafka.Kafka "$@"
