#!/usr/bin/env bash
# Balas satu laporan dan tunggu jawabannya: balas.sh TIKET TINDAKAN [message=... reason=... to=...]. Perlu kcat dan jq.
set -euo pipefail
unit=${UNIT,,} tiket=$1 tindakan=$2
shift 2
kafka() { # kata sandi tidak tampak di daftar proses
  kcat -F <(printf '%s\n' "bootstrap.servers=$KAFKA_BOOTSTRAP" "security.protocol=${KAFKA_PROTOCOL:-SASL_SSL}" \
    ${KAFKA_CA_FILE:+"ssl.ca.location=$KAFKA_CA_FILE"} "sasl.mechanism=SCRAM-SHA-512" \
    "sasl.username=$UNIT" "sasl.password=$KAFKA_PASSWORD") "$@"
}
id=$(cat /proc/sys/kernel/random/uuid) # jawaban menyebut id ini
balasan=$(jq -cn --arg id "$id" --arg unit "$UNIT" --arg tiket "$tiket" --arg tindakan "$tindakan" '
  {specversion: "1.0", type: "unit.replied.v1", id: $id, source: "/unit/\($unit)", subject: $tiket, time: (now | todate),
   data: ({ticket: $tiket, action: $tindakan}
     + ([$ARGS.positional[] | capture("(?<key>[^=]+)=(?<value>.*)"; "s")] | from_entries))}' --args "$@")
# Akhir topik dicatat sebelum bicara, supaya jawaban tidak terlewat.
mulai=$(kafka -Q -t "unit.$unit.routed.v1:0:-1" | sed 's/.*offset //')
kafka -P -t "unit.$unit.replied.v1" -k "$tiket" -H 'content-type=application/cloudevents+json; charset=UTF-8' <<<"$balasan"
for _ in {1..30}; do
  jawaban=$(kafka -C -q -t "unit.$unit.routed.v1" -p 0 -o "$mulai" -e |
    jq -rc --arg id "$id" '.data.reply // empty | select(.event_id == $id) |
      if .accepted then "diterima" else "ditolak: \(.reason)" end')
  [ -z "$jawaban" ] || break
  sleep 1
done
case $jawaban in
  diterima) echo "$jawaban" ;;
  ditolak*) echo "$jawaban" >&2; exit 1 ;;
  *) echo "belum dijawab dalam 30 detik; jawabannya tetap akan datang di topik Anda" >&2; exit 1 ;;
esac
