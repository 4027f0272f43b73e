#!/bin/bash
# What the entrypoint of the image `postgres` does, as far as docker-compose.yml relies on it: a new cluster is made and
# started on its socket alone, the scripts of initdb.d run, and it is started anew for all.
set -euo pipefail
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=<(echo "${POSTGRES_PASSWORD:?}") --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-instructions
  printf '%s\n' "listen_addresses = 'localhost'" "unix_socket_directories = '$PGHOST'" "shared_buffers = 16MB" \
    >>"$PGDATA/postgresql.conf"
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses='')" -w start
  "$LAPOR/owner.sh"
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
