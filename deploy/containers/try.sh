#!/bin/bash
# Runs docker-compose.yml and what watches it on a bare Debian 12, from nothing: an engine, images, everything up, complaints
# of each channel to a unit and back, a service and the broker killed and back, down.
#   sudo deploy/containers/try.sh DIR [short]     DIR: scratch, 6 GB; what is in it is used again
# With `short` no database is lost, and there are neither second processes nor three brokers: that takes half of the time.
# Exits with 78 where no engine can run, or none of its containers.
# No image registry is needed: what can't be had is stood in for (standin/). It is no way to install: docs/runbook.md.
set -euo pipefail
scratch=$(realpath -m "${1:?a scratch folder}") here=$(dirname "$(realpath "$0")")
root=$(realpath "$here/../..")
say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
mkdir -p "$scratch"

say "engine: Debian's own Docker, unpacked and not installed"
export DEBIAN_FRONTEND=noninteractive
apt-get install -qq -y --no-install-recommends runc iptables debootstrap docker-compose ca-certificates >/dev/null
if [[ ! -x $scratch/engine/usr/sbin/dockerd ]]; then
  mkdir -p "$scratch/debs"
  (cd "$scratch/debs" && apt-get download -qq docker.io containerd tini 2>/dev/null)
  for package in "$scratch"/debs/*.deb; do dpkg -x "$package" "$scratch/engine"; done
fi
export PATH=$scratch/engine/usr/sbin:$scratch/engine/usr/bin:$PATH DOCKER_HOST=unix://$scratch/docker.sock
export DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 COMPOSE_PROJECT_NAME=lapor-try
setsid dockerd --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/dockerd.pid" -H "$DOCKER_HOST" \
  >"$scratch/dockerd.log" 2>&1 &
engine=$!
compose=(docker-compose --file "$root/docker-compose.yml" --file "$root/deploy/monitoring/compose.yml"
  --file "$root/deploy/backup/compose.yml" --file "$here/night.yml" --project-directory "$root" --env-file "$scratch/env" --profile demo)
end() {
  code=$?
  if ((code)); then
    "${compose[@]}" ps || true
    "${compose[@]}" logs --tail 30 || true
  fi >"$scratch/failed.log" 2>&1
  "${compose[@]}" down --volumes --timeout 20 >"$scratch/down.log" 2>&1 || true
  kill "$engine"
  wait "$engine" || true
  ((code == 0)) || say "failed: $scratch/failed.log"
}
trap end EXIT
for _ in {1..120}; do docker version >/dev/null 2>&1 && break; sleep 0.5; done
docker version >/dev/null || { say "no engine can run here: $scratch/dockerd.log" && exit 78; }

have() { docker image inspect "$1" >/dev/null 2>&1 || timeout 60 docker pull -q "$1" >/dev/null 2>&1; }
base=python:3.13-slim-trixie
if ! have "$base"; then
  say "base image: Debian 12's Python in place of $base"
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,wget bookworm "$scratch/rootfs" >"$scratch/debootstrap.log"
  cp /etc/ssl/certs/ca-certificates.crt "$scratch/rootfs/etc/ssl/certs/"
  bundle=/etc/ssl/certs/ca-certificates.crt
  (cd "$scratch/rootfs" && rm -rf var/cache/apt/* var/lib/apt/lists/* usr/share/{doc,man,locale}/*) # as the image has none
  tar -C "$scratch/rootfs" -cf - . |
    docker import -c "ENV SSL_CERT_FILE=$bundle REQUESTS_CA_BUNDLE=$bundle" - "$base" >/dev/null
  rm -rf "$scratch/rootfs"
fi
docker run --rm "$base" true || { say "no container can run here" && exit 78; }

grep -v ^COMPOSE_PROJECT_NAME "$root/.env.example" >"$scratch/env"
export SECRETS_DIR=$scratch/secrets
make_secrets() { (cd "$root" && deploy/secrets.sh >/dev/null); }
rm -rf "$SECRETS_DIR"
make_secrets
echo ALERT_WEBHOOK_URL=http://standins:17081/ready >>"$scratch/env"

say "our images"
"${compose[@]}" build >"$scratch/build.log" 2>&1
grown=(apache/kafka:4.3.1 postgres:18.1 prom/prometheus:v3.16.0 prom/alertmanager:v0.35.0 prom/node-exporter:v1.9.0)
for image in "${grown[@]}"; do
  have "$image" && continue
  name=${image##*/} name=${name%:*}
  say "stand-in for $image"
  docker build -q --file "$here/standin/$name.Dockerfile" --tag "$image" "$here/standin" >/dev/null
done
have grafana/grafana:13.2.3 && without='^$' || without='^grafana$' # nothing stands in for it
mapfile -t parts < <("${compose[@]}" config --services | grep -v -e "$without" -e '-two$' -e '^kafka-.$')
mapfile -t seconds < <("${compose[@]}" config --services | grep -e '-two$')
docker images --format '{{.Repository}} {{.Size}}' | grep ^lapor/ | sort

rm -f "$scratch"/backup.key*
encrypt_to=$(docker run --rm --user root --volume "$scratch:/out" lapor/lapor lapor backup-key /out/backup.key 2>/dev/null)
sed -i "s/^BACKUP_ENCRYPT_TO=.*/BACKUP_ENCRYPT_TO=$encrypt_to/" "$scratch/env"

say "up"
started=$SECONDS
"${compose[@]}" up --detach --no-build "${parts[@]}" >"$scratch/up.log" 2>&1
ready() { ! docker ps --format '{{.Names}} {{.Status}}' | grep -vE '\(healthy\)|_node_' | grep -q .; }
until_ready() {
  for _ in {1..600}; do ready && return; sleep 0.5; done
  docker ps --all --format '{{.Names}} {{.Status}}'
  return 1
}
until_ready
say "all healthy, $((SECONDS - started)) s after up"
journey() { python3 "$here/journey.py" "$@" -- "${compose[@]}"; }
journey web sms x
say "three complaints answered, $((SECONDS - started)) s after up"
journey watched
if docker inspect $(docker ps --all --quiet) | grep -qFf <(cat "$SECRETS_DIR"/*); then
  say "a secret is shown to who looks at a container"
  exit 1
fi
docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | sort

lost_database() {
  say "a database is lost"
  backup=$("${compose[@]}" exec -T backup sh -c 'basename "$(dirname "$(ls -d /backups/*/manifest.json | tail -n 1)")"' | tr -d '\r')
  journey web
  "${compose[@]}" exec -T router-db psql -q -d postgres -c 'DROP DATABASE router WITH (FORCE)'
  COMPOSE="${compose[*]}" "$root/deploy/backup/restore.sh" "$backup" "$scratch/backup.key" router >"$scratch/restore.log" 2>&1
  until_ready
  journey web
  say "it is restored from $backup, and a complaint is answered"
}
[[ ${2:-} == short ]] || lost_database

for part in router kafka; do
  say "kill $part"
  container=$("${compose[@]}" ps -q "$part")
  old=$(docker inspect "$container" --format '{{.State.Pid}}')
  kill -9 "$old"
  for _ in {1..240}; do
    now=$(docker inspect "$container" --format '{{.State.Pid}} {{.State.Health.Status}}')
    [[ $now =~ ^[1-9][0-9]*\ healthy$ && ${now% *} != "$old" ]] && break
    sleep 0.25
  done
  until_ready
  journey web
  say "$part is back, and a complaint is answered"
done

second_processes() {
  say "second processes"
  "${compose[@]}" up --detach --no-build --no-deps "${seconds[@]}" >>"$scratch/up.log" 2>&1
  until_ready
  journey web
  "${compose[@]}" stop router classifier sla-monitor >>"$scratch/up.log" 2>&1
  journey web
  say "the first ones are stopped, and a complaint is answered"
  "${compose[@]}" start router classifier sla-monitor >>"$scratch/up.log" 2>&1
  until_ready
  COMPOSE="${compose[*]}" "$root/deploy/backup/restore.sh" "$backup" "$scratch/backup.key" router >>"$scratch/restore.log" 2>&1
  until_ready
  journey web
  say "the database of both routers is restored, and a complaint is answered"
}
[[ ${2:-} == short ]] || second_processes

# Docker 20.10 was seen to keep the endpoint of a container that is gone, and then not its network alone but volumes stay;
# the next start is at home in that network.
empty() {
  "${compose[@]}" down --volumes --timeout 20 >"$scratch/down.log" 2>&1 && return
  grep -q "has active endpoints" "$scratch/down.log"
  docker volume ls --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | xargs --no-run-if-empty docker volume rm >/dev/null
}

say "wrong settings: the start is refused"
empty
say "without the file of a secret, too"
mv "$SECRETS_DIR/SMS_MO_TOKEN" "$scratch/kept"
if "${compose[@]}" up --detach --no-build "${parts[@]}" >"$scratch/refused.log" 2>&1; then exit 1; fi
grep -q "bind source path does not exist: $SECRETS_DIR/SMS_MO_TOKEN" "$scratch/refused.log"
mv "$scratch/kept" "$SECRETS_DIR/SMS_MO_TOKEN"
chmod 644 "$SECRETS_DIR"/*
: >"$SECRETS_DIR/ROUTER_KAFKA_PASSWORD"
echo change-me >"$SECRETS_DIR/CANARY_KEY"
if REGION_DIR=/app/region/none "${compose[@]}" up --detach --no-build "${parts[@]}" >"$scratch/refused.log" 2>&1; then exit 1; fi
"${compose[@]}" logs settings >>"$scratch/refused.log" 2>&1
grep -q 'ROUTER_KAFKA_PASSWORD is not set' "$scratch/refused.log"
grep -q '/app/region/none: there is no such folder' "$scratch/refused.log"
grep -q 'CANARY_KEY is still a placeholder' "$scratch/refused.log"

three_brokers() {
  say "three brokers"
  empty
  rm "$SECRETS_DIR/CANARY_KEY" "$SECRETS_DIR/ROUTER_KAFKA_PASSWORD"
  make_secrets
  echo KAFKA_BOOTSTRAP_SERVERS=kafka:9092,kafka-2:9092,kafka-3:9092 >>"$scratch/env"
  "${compose[@]}" up --detach --no-build intake-web classifier router kafka-2 kafka-3 >>"$scratch/up.log" 2>&1
  until_ready
  journey web
  docker kill "$("${compose[@]}" ps -q kafka)" >/dev/null
  journey web
  say "one is away, and a complaint is answered"
}
[[ ${2:-} == short ]] || three_brokers
say "done"
