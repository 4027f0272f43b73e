#!/bin/bash
# Puts the databases of services back to a backup, and lets them read again from Kafka what it does not know.
#   deploy/backup/restore.sh [--trust] [--until TIME] [--system NUMBER] BACKUP KEY SERVICE…      from where docker-compose.yml is
#   deploy/backup/restore.sh 2026-11-27T020000Z /media/usb/lapor-backup.key router sla-monitor
#   deploy/backup/restore.sh --until 2026-11-27T09:59+08:00 archive /media/usb/lapor-backup.key router
# BACKUP: a folder in the volume of backups, or `archive`: its last moment, or that of TIME; NUMBER: of which server, where one
# was made anew. COMPOSE: what docker-compose is called with. All else runs on meanwhile. --trust: also one that another
# installation or an older release made, if nobody else could write to it.
set -euo pipefail
more=()
while [[ ${1:-} == --* ]]; do
  case $1 in
    --trust) more+=(--trust) && shift ;;
    --until | --system) more+=("$1" "${2:-}") && shift 2 ;;
    *) set -- ;;
  esac
done
if (($# < 3)); then
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  exit 2
fi
backup=$1 key=$2
shift 2
folder=/backups/$backup from=backup
[[ $backup != archive ]] || folder=/archive/place from=archive
read -ra compose <<<"${COMPOSE:-docker-compose -f docker-compose.yml -f deploy/monitoring/compose.yml -f deploy/backup/compose.yml}"
[[ -r $key ]] || { echo "$key can't be read: it is the private key of lapor backup-key" >&2; exit 1; }

# A second process of a service stops with its first: what is read again only one may read.
mapfile -t running < <("${compose[@]}" ps --services --filter status=running)
seconds=()
for service; do
  [[ " ${running[*]} " != *" $service-two "* ]] || seconds+=("$service-two")
done
"${compose[@]}" stop "$@" "${seconds[@]}"
trap '"${compose[@]}" start "$@" "${seconds[@]}"' EXIT # until the databases are swapped nothing has changed
for service; do # a database that is gone has no owner either
  "${compose[@]}" exec -T "$service-db" bash /docker-entrypoint-initdb.d/owner.sh
done
# The key goes in by a pipe: it is written nowhere but in the memory of that container.
"${compose[@]}" run --rm -T --no-deps "$from" \
  sh -c 'cat >/tmp/key && exec lapor restore "$@" --key /tmp/key' restore "$folder" "${more[@]}" "${@/#/--service=}" <"$key"
trap - EXIT
# What was attached goes from the one container to the other: neither may write where the other reads.
lacking=()
for service in intake-web intake-social unit-desk; do
  [[ " $* " == *" $service "* ]] || continue
  own=$service take=(--strip-components=1 "$service")
  [[ $service != intake-web ]] || own=. take=(--exclude=unit-desk --exclude=intake-social)
  copies=$("${compose[@]}" run --rm -T --no-deps "$from" sh -c '
    copies=$1/evidence; [ -d "$copies" ] || copies=$(dirname "$1")/evidence
    if [ ! -d "$copies/$2" ]; then echo none; elif find "$copies/$2" -type f | grep -q .; then echo some; fi
  ' copies "$folder" "$own")
  [[ $copies != none ]] || lacking+=("$service")
  [[ $copies == some ]] || continue
  "${compose[@]}" run --rm -T --no-deps "$from" \
    sh -c 'cat >/tmp/key && exec lapor evidence "$1" --key /tmp/key' evidence "$folder" <"$key" |
    "${compose[@]}" run --rm -T --no-deps "$service" \
      sh -c 'umask 077 && exec tar "$@"' tar -x --no-same-permissions --skip-old-files -C /evidence "${take[@]}"
done
for service; do
  "${compose[@]}" run --rm -T --no-deps "$service" sh -c "$service migrate && $service rewind"
done
# Who may use the desk only a person knows: at a terminal it stays shut until that was looked through.
desk=() others=()
for service in "$@" "${seconds[@]}"; do
  if [[ $service == unit-desk* ]]; then desk+=("$service"); else others+=("$service"); fi
done
((${#others[@]} == 0)) || "${compose[@]}" start "${others[@]}"
if ((${#desk[@]})); then
  "${compose[@]}" run --rm -T --no-deps unit-desk sh -c 'unit-desk user && unit-desk key list' </dev/null
  cat >&2 <<END

THE DESK'S PEOPLE AND KEYS ARE THOSE OF THE BACKUP, as listed above with when each was changed and used last.
All are logged out. Whoever was taken out since, or whose key was revoked, is in again; who chose another password has the
old one, and who was invited is not. In another terminal, before anybody uses it (docs/operations.md, "The desk's people"):
  ${compose[*]} run --rm unit-desk unit-desk user EMAIL... --remove
  ${compose[*]} run --rm unit-desk unit-desk key revoke ID
END
  [[ ! -t 0 ]] || read -r -p "Enter opens the desk: " || true
  "${compose[@]}" start "${desk[@]}"
fi
if ((${#lacking[@]})); then
  cat >&2 <<END

NO PHOTOS AND VIDEOS CAME BACK for: ${lacking[*]}
Where the backup is there are no copies of theirs. They lie beside the folders with a date, in the folder evidence: copy it
there from where backups are kept (docs/operations.md, "The machine is lost"), and do this again.
END
fi
