#!/usr/bin/env bash
# Daftar kerja unit Anda: laporan yang masih terbuka, yang terpenting di atas. Perlu kcat dan jq.
set -euo pipefail
unit=${UNIT,,}
kafka() { # kata sandi tidak tampak di daftar proses
  kcat -F <(printf '%s\n' "bootstrap.servers=$KAFKA_BOOTSTRAP" "security.protocol=${KAFKA_PROTOCOL:-SASL_SSL}" \
    ${KAFKA_CA_FILE:+"ssl.ca.location=$KAFKA_CA_FILE"} "sasl.mechanism=SCRAM-SHA-512" \
    "sasl.username=$UNIT" "sasl.password=$KAFKA_PASSWORD") "$@"
}
# Topik dibaca dari awal: rekaman terakhir setiap kunci adalah keadaan laporan itu sekarang.
kafka -C -q -J -t "unit.$unit.routed.v1" -o beginning -e | jq -rs --arg unit "$UNIT" '
  def terbuka: .why != "withdrawn" and (.complaint
    | (.status | IN("resolved", "closed", "handed_over", "rejected", "cancelled", "merged") | not)
      and if .role == "support" then any(.support[]; .unit == $unit and .status != "done") else .unit == $unit end);
  group_by(.key) | map(last | select(.payload) | .payload | fromjson | .data | select(.complaint) | select(terbuka))
  | map(.complaint) | sort_by(-(.priority // 0), .deadline_at // "9999", .received_at)[]
  | [.ticket, .status, .deadline_at // "-", .category // "-", .text] | @tsv'
