#!/bin/sh
# Backs up all databases every BACKUP_EVERY_H hours, for ever; ends with 78 without a public key, for every complaint would
# lie there in the clear. With `recent`: whether the last one is no older than that, and an hour.
set -u
if [ "${1:-}" = recent ]; then
  [ -n "$(find /backups/lapor_backup.prom -mmin -$((BACKUP_EVERY_H * 60 + 60)) 2>/dev/null)" ]
  exit
fi
case $BACKUP_ENCRYPT_TO in
  age1*) ;;
  *)
    echo "no backup is made, see .env.example: BACKUP_ENCRYPT_TO is not what \`lapor backup-key\` prints" >&2
    exit 78
    ;;
esac
printf '%s\n' "$BACKUP_ENCRYPT_TO" >/tmp/lapor-backup.pub
exec lapor backup /backups --every "$BACKUP_EVERY_H" --keep "$BACKUP_KEEP" --public-key /tmp/lapor-backup.pub
