#!/bin/bash
# Starts a database of docker-compose.yml. Its superuser has a password that nobody knows: it is let in only through
# the socket, as the user who runs the server (pg_hba.conf). The service gets a role that is none (owner.sh).
set -euo pipefail
: "${LAPOR:=/lapor}" "${TLS:=/tls}"

case $(cat "$OWNER_PASSWORD_FILE" || true) in
  "") bad="is not set" ;;
  change-me) bad="is still a placeholder" ;;
  ????????????????*) bad="" ;;
  *) bad="has fewer than 16 letters" ;;
esac
if [[ -n $bad ]]; then
  echo "the database of ${OWNER:?} can't start, see .env.example: the password of ${OWNER} $bad" >&2
  exit 78
fi

POSTGRES_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
export POSTGRES_PASSWORD
# A dead archive (deploy/backup) keeps no more of the log than this on the disk: it then takes all files anew.
exec docker-entrypoint.sh postgres -c max_slot_wal_keep_size=2GB -c hba_file="$LAPOR/pg_hba.conf" \
  -c ssl=on -c ssl_cert_file="$TLS/cert.pem" -c ssl_key_file="$TLS/key.pem"
