#!/bin/sh
# Makes the secrets that docker-compose.yml and what is laid over it name, each in a file of its own; run it where they are.
#   deploy/secrets.sh              each that is not there yet; what others give (Meta, the mail server, a bucket, the website) stays empty
#   deploy/secrets.sh NAME         a new one in place of that; docs/operations.md, "Passwords", says what comes next
#   echo VALUE | deploy/secrets.sh NAME -     one that others gave
# A container may read its own, whoever it runs as: 444. Nobody on this machine but root comes to them: the folder is 700.
set -eu
umask 077
folder=${SECRETS_DIR:-$(sed -n 's/^SECRETS_DIR=//p' .env 2>/dev/null)}
folder=${folder:-./secrets}
names=$(sed -nE 's/^  ([A-Z0-9_]+): \{file: .*\/\1"\}$/\1/p' docker-compose.yml deploy/*/compose.yml)
mkdir -p "$folder" && chmod 700 "$folder"

value() { # of the secret $1; who has .env of a release in which secrets stood there goes on with them
  kept=$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1)
  [ -z "$kept" ] || { printf '%s\n' "$kept"; return; }
  case $1 in
  INSTALLATION_NAMESPACE) cat /proc/sys/kernel/random/uuid ;;
  FACEBOOK_* | WHATSAPP_* | ALERT_* | EVIDENCE_* | SMTP_URL | SMS_S* | DESK_COUNTER_KEY) ;;
  *) openssl rand -hex 24 ;;
  esac
}

if [ $# -gt 0 ]; then
  case " $(echo $names) " in *" $1 "*) ;; *) echo "there is no secret $1" >&2; exit 1 ;; esac
  if [ "$1" = INSTALLATION_NAMESPACE ] && [ -s "$folder/$1" ]; then
    echo "$1 stays: with another one every message that comes again is a new complaint" >&2
    exit 1
  fi
  new=$(if [ "${2:-}" = - ]; then cat; else openssl rand -hex 24; fi)
  printf '%s\n' "$new" >"$folder/$1" # the same file: who has it open sees the new one
  chmod 444 "$folder/$1"
  exit
fi
for name in $names; do
  [ ! -d "$folder/$name" ] || rmdir "$folder/$name" # some engines make a folder where they find no file
  [ -e "$folder/$name" ] && continue
  value "$name" >"$folder/$name.new"
  chmod 444 "$folder/$name.new"
  mv "$folder/$name.new" "$folder/$name"
  echo "$folder/$name"
done
