#!/bin/bash
# Starts the one broker of docker-compose.yml: KRaft, SCRAM, ACLs, no topics of its own accord.
# The image can't make the super user when it formats the storage, so this does both.
set -euo pipefail
umask 077

bad=()
[[ -n $KAFKA_CLUSTER_ID ]] || bad+=("KAFKA_CLUSTER_ID is not set")
case $KAFKA_ADMIN_PASSWORD in
  "") bad+=("KAFKA_ADMIN_PASSWORD is not set") ;;
  change-me) bad+=("KAFKA_ADMIN_PASSWORD is still the placeholder of .env.example") ;;
  ????????????????*) ;;
  *) bad+=("KAFKA_ADMIN_PASSWORD has fewer than 16 letters") ;;
esac
if ((${#bad[@]})); then
  printf '%s\n' "kafka can't start, see .env.example:" "${bad[@]/#/  }" >&2
  exit 78
fi

login="username=\"broker\" password=\"$KAFKA_ADMIN_PASSWORD\""
cat >/tmp/server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@kafka:9093
listeners=BROKER://:9092,CONTROLLER://:9093
advertised.listeners=BROKER://kafka:9092
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=/var/lib/kafka/data
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.broker.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.broker.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required $login;
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required $login user_broker="$KAFKA_ADMIN_PASSWORD";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:broker
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
PROPERTIES

# In a file, not in the arguments: those are seen by all.
echo "--add-scram=SCRAM-SHA-512=[name=broker,password=$KAFKA_ADMIN_PASSWORD]" >/tmp/format.args
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t "$KAFKA_CLUSTER_ID" -c /tmp/server.properties @/tmp/format.args >/dev/null
rm /tmp/format.args

exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
