#!/bin/bash
# Starts a broker of docker-compose.yml: KRaft, SCRAM, ACLs, TLS at every listener, no topics of its own accord.
# The image can't make the super user when it formats the storage, so this does both.
#   SERVICES  our services, on the network that only they are in
#   AGENCIES  the units, published under KAFKA_PUBLIC_HOST with a certificate of its own
#   INTERNAL  the brokers themselves; like CONTROLLER, only inside the container while there is one broker
# KAFKA_BOOTSTRAP_SERVERS names all brokers, and NODE says the how manieth of them this is. With three each record is
# kept by three, and acknowledged when two have it.
set -euo pipefail
umask 077
: "${KAFKA_HOME:=/opt/kafka}" "${DATA:=/var/lib/kafka/data}" "${TLS:=/tls}" "${LAPOR:=/lapor}" "${TMPDIR:=/tmp}" "${LISTEN:=}"
: "${SERVICES:=kafka:9092}" "${AGENCIES_PORT:=9095}" "${INTERNAL_PORT:=9094}" "${CONTROLLER_PORT:=9093}"
: "${KAFKA_BOOTSTRAP_SERVERS:=$SERVICES}" "${NODE:=1}"
IFS=, read -ra brokers <<<"$KAFKA_BOOTSTRAP_SERVERS"

bad=()
for name in KAFKA_CLUSTER_ID KAFKA_PUBLIC_HOST KAFKA_PUBLISHED_PORT; do
  [[ -n ${!name:-} ]] || bad+=("$name is not set")
done
((${#brokers[@]} == 1 || ${#brokers[@]} == 3)) || bad+=("KAFKA_BOOTSTRAP_SERVERS names ${#brokers[@]} brokers: it takes one, or three")
KAFKA_ADMIN_PASSWORD=$(cat "${KAFKA_ADMIN_PASSWORD_FILE:-/run/secrets/KAFKA_ADMIN_PASSWORD}" || true)
case $KAFKA_ADMIN_PASSWORD in
  "") bad+=("KAFKA_ADMIN_PASSWORD is not set") ;;
  change-me) bad+=("KAFKA_ADMIN_PASSWORD is still a placeholder") ;;
  ????????????????*) ;;
  *) bad+=("KAFKA_ADMIN_PASSWORD has fewer than 16 letters") ;;
esac
if ((${#bad[@]})); then
  printf '%s\n' "kafka can't start, see .env.example:" "${bad[@]/#/  }" >&2
  exit 78
fi

# Kafka wants the key and its certificates in one file.
for listener in services agencies; do
  cat "$TLS/$listener/key.pem" "$TLS/$listener/cert.pem" >"$TMPDIR/$listener.pem"
done

# One talks to itself; three vote, and are known by the names that services use.
name=localhost inside=localhost voters=1@localhost:$CONTROLLER_PORT several=
if ((${#brokers[@]} == 3)); then
  name=${SERVICES%:*} inside=$LISTEN
  : "${VOTERS:=1@${brokers[0]%:*}:$CONTROLLER_PORT,2@${brokers[1]%:*}:$CONTROLLER_PORT,3@${brokers[2]%:*}:$CONTROLLER_PORT}"
  voters=$VOTERS
  # A machine that stands still for 3 s must not cost three brokers their leaders: a dead one is fenced after 6 s.
  several="node.id=$NODE
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
broker.session.timeout.ms=6000"
fi

settings=$TMPDIR/server.properties
login="username=\"broker\" password=\"$KAFKA_ADMIN_PASSWORD\""
scram=org.apache.kafka.common.security.scram.ScramLoginModule
plain=org.apache.kafka.common.security.plain.PlainLoginModule
cat "$LAPOR/broker.properties" - >"$settings" <<PROPERTIES
$several
controller.quorum.voters=$voters
listeners=SERVICES://$LISTEN:${SERVICES##*:},AGENCIES://$LISTEN:$AGENCIES_PORT,INTERNAL://$inside:$INTERNAL_PORT,CONTROLLER://$inside:$CONTROLLER_PORT
advertised.listeners=SERVICES://$SERVICES,AGENCIES://$KAFKA_PUBLIC_HOST:$KAFKA_PUBLISHED_PORT,INTERNAL://$name:$INTERNAL_PORT
listener.security.protocol.map=SERVICES:SASL_SSL,AGENCIES:SASL_SSL,INTERNAL:SASL_SSL,CONTROLLER:SASL_SSL
inter.broker.listener.name=INTERNAL
log.dirs=$DATA
listener.name.internal.scram-sha-512.sasl.jaas.config=$scram required $login;
listener.name.services.scram-sha-512.sasl.jaas.config=$scram required;
listener.name.agencies.scram-sha-512.sasl.jaas.config=$scram required;
listener.name.controller.plain.sasl.jaas.config=$plain required $login user_broker="$KAFKA_ADMIN_PASSWORD";
ssl.truststore.type=PEM
ssl.truststore.location=$TLS/trust/ca.pem
ssl.keystore.type=PEM
ssl.keystore.location=$TMPDIR/services.pem
listener.name.agencies.ssl.keystore.type=PEM
listener.name.agencies.ssl.keystore.location=$TMPDIR/agencies.pem
PROPERTIES

# After a crash there is no need to start Java once more: what formats the storage writes this file last.
if [[ ! -e $DATA/meta.properties ]]; then
  # In a file, not in the arguments: those are seen by all.
  echo "--add-scram=SCRAM-SHA-512=[name=broker,password=$KAFKA_ADMIN_PASSWORD]" >"$TMPDIR/format.args"
  "$KAFKA_HOME/bin/kafka-storage.sh" format --ignore-formatted -t "$KAFKA_CLUSTER_ID" -c "$settings" @"$TMPDIR/format.args" >/dev/null
  rm "$TMPDIR/format.args"
fi

exec "$KAFKA_HOME/bin/kafka-server-start.sh" "$settings"
