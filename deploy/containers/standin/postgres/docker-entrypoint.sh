#!/bin/bash
# As the image `postgres` does: a new cluster is made and started on its socket alone, the scripts of initdb.d run, and it is
# started anew for all.
set -euo pipefail
: "${POSTGRES_USER:=postgres}"
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=<(echo "${POSTGRES_PASSWORD:?}") --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-instructions >/dev/null
  printf '%s\n' "listen_addresses = '*'" "unix_socket_directories = '/run/postgresql'" >>"$PGDATA/postgresql.conf"
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses='')" -w start >/dev/null
  for script in /docker-entrypoint-initdb.d/*; do bash "$script"; done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
fi
exec "$@"
