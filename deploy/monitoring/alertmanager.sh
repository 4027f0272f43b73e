#!/bin/sh
# Starts Alertmanager, which reads no environment: writes down who is called. `page` goes to the webhook, so that a phone
# can ring, and by mail; `mail` by mail, and to the webhook where there is no mail. Ends with 78 if nobody would hear.
set -eu
bad() { printf 'nobody would be called, see .env.example:\n%s\n' "$1" >&2; exit 78; }
: "${ALERT_MAIL_TO:=}" "${ALERT_MAIL_FROM:=}" "${ALERT_SMTP_HOST:=}" "${ALERT_SMTP_USERNAME:=}"
: "${DOCS_URL:=}" "${ALERT_SMTP_TLS:=true}" "${ALERT_WEBHOOK_URL:=}" "${ALERT_HEARTBEAT_URL:=}"
: "${ALERT_SMTP_PASSWORD_FILE:=/run/secrets/ALERT_SMTP_PASSWORD}"
case $ALERT_SMTP_TLS in true | false) ;; *) bad "  ALERT_SMTP_TLS is neither true nor false" ;; esac
[ -n "$ALERT_MAIL_TO$ALERT_WEBHOOK_URL" ] || bad "  ALERT_MAIL_TO and ALERT_WEBHOOK_URL are not set: one is needed"
if [ -n "$ALERT_MAIL_TO" ]; then
  missing=
  for name in ALERT_MAIL_FROM ALERT_SMTP_HOST; do
    eval "[ -n \"\$$name\" ]" || missing="$missing  $name is not set, and ALERT_MAIL_TO is
"
  done
  [ -z "$ALERT_SMTP_USERNAME" ] || [ -s "$ALERT_SMTP_PASSWORD_FILE" ] ||
    missing="$missing  ALERT_SMTP_PASSWORD is not set, and ALERT_SMTP_USERNAME is"
  [ -z "$missing" ] || bad "$missing"
fi
for value in "$ALERT_MAIL_TO" "$ALERT_MAIL_FROM" "$ALERT_SMTP_HOST" "$ALERT_SMTP_USERNAME" "$ALERT_WEBHOOK_URL" "$ALERT_HEARTBEAT_URL" "$DOCS_URL"; do
  case $value in *[\'\"\\]*) bad "  a quote or a backslash is in $value" ;; esac
done

folder=${ALERTMANAGER_FOLDER:-/tmp}
: "${ALERTMANAGER_WAIT:=30s}" "${ALERTMANAGER_BEAT:=1m}"
umask 077
# Several at once have no summary in common, but the title that says what each of them is.
mail() {
  [ -n "$ALERT_MAIL_TO" ] || return 0
  cat <<END
    email_configs:
      - to: '$ALERT_MAIL_TO'
        send_resolved: true
        headers: {Subject: '[LAPOR!] {{ or .CommonAnnotations.summary .CommonAnnotations.title }}{{ if eq .Status "resolved" }} (selesai){{ end }}'}
        html: ''
        text: |-
          {{ range .Alerts }}{{ .Annotations.summary }}
          {{ .Annotations.action }}
          ${DOCS_URL:+${DOCS_URL%/}/}{{ .Annotations.runbook }} ({{ .Labels.alertname }}, sejak {{ .StartsAt }})

          {{ end }}
END
}
webhook() {
  [ -z "$ALERT_WEBHOOK_URL" ] || printf "    webhook_configs: [{url: '%s', send_resolved: true}]\n" "$ALERT_WEBHOOK_URL"
}
smtp() {
  [ -n "$ALERT_MAIL_TO" ] || return 0
  cat <<END
global:
  smtp_smarthost: '$ALERT_SMTP_HOST'
  smtp_from: '$ALERT_MAIL_FROM'
  smtp_require_tls: $ALERT_SMTP_TLS
END
  [ -z "$ALERT_SMTP_USERNAME" ] || cat <<END
  smtp_auth_username: '$ALERT_SMTP_USERNAME'
  smtp_auth_password_file: '$ALERT_SMTP_PASSWORD_FILE'
END
}
{
  smtp
  cat <<END
route:
  receiver: hours
  group_by: [alertname, severity]
  group_wait: $ALERTMANAGER_WAIT
  group_interval: 5m
  repeat_interval: 1d
  routes:
    - {matchers: [severity="page"], receiver: phone, group_wait: 5s, repeat_interval: 1h}
    - {matchers: [severity="heartbeat"], receiver: watched, group_wait: 0s, group_interval: $ALERTMANAGER_WAIT, repeat_interval: $ALERTMANAGER_BEAT}
inhibit_rules:
  # Who is called now need not be written to for the same.
  - {source_matchers: [severity="page"], target_matchers: [severity="mail"], equal: [alertname, sloth_id]}
  # While Kafka does not answer, these follow from it.
  - source_matchers: [alertname="LaporKafkaUnseen"]
    target_matchers: [alertname=~"LaporLag|LaporGroupBehind|LaporOutboxStuck|LaporCanaryLost|LaporTopicsMissing|LaporClockHeld"]
receivers:
  - name: phone
$(webhook)
$(mail)
  - name: hours
$(if [ -n "$ALERT_MAIL_TO" ]; then mail; else webhook; fi)
  - name: watched
$([ -z "$ALERT_HEARTBEAT_URL" ] || printf "    webhook_configs: [{url: '%s', send_resolved: false}]\n" "$ALERT_HEARTBEAT_URL")
END
} >"$folder/alertmanager.yml"
exec "${ALERTMANAGER:-alertmanager}" --config.file="$folder/alertmanager.yml" --storage.path="${ALERTMANAGER_DATA:-/alertmanager}" \
  --cluster.listen-address= "$@"
