#!/bin/sh
# Starts Grafana, unless its first password protects nothing or an address is none: then it ends with 78. Dashboards read no
# environment: they are copied, with the addresses of this installation in place of those that they are written with.
set -eu
end() { printf 'Grafana does not start, see .env.example:\n  %s\n' "$1" >&2; exit 78; }
case $(cat "$GF_SECURITY_ADMIN_PASSWORD__FILE") in
'') end "GRAFANA_ADMIN_PASSWORD is not set" ;;
change-me) end "GRAFANA_ADMIN_PASSWORD is still a placeholder" ;;
????????????*) ;;
*) end "GRAFANA_ADMIN_PASSWORD has fewer than 12 letters" ;;
esac
address() { # $1: the setting, $2: its value, $3: what stands in the dashboards
  case $2 in
  '') printf '%s' "$3" ;;
  *[!A-Za-z0-9._~:/%-]*) end "$1 is not an address: $2" ;;
  http://?* | https://?*) printf '%s' "${2%/}" ;;
  *) end "$1 is not an address: $2" ;;
  esac
}
desk=$(address DESK_PUBLIC_URL "${DESK_PUBLIC_URL:-}" http://127.0.0.1:17083)
docs=$(address DOCS_URL "${DOCS_URL:-}" /public/lapor)
folder=${DASHBOARDS:-/tmp/dashboards}
mkdir -p "$folder"
for file in "${WRITTEN:-/dashboards}"/*.json; do
  sed "s|\"query\": \"http://127.0.0.1:17083\"|\"query\": \"$desk\"|; s|\"query\": \"/public/lapor\"|\"query\": \"$docs\"|" "$file" >"$folder/${file##*/}"
done
exec "${GRAFANA:-/run.sh}"
