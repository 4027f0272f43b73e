#!/bin/sh
# Starts Grafana, unless its first password protects nothing: then it ends with 78.
case $(cat "$GF_SECURITY_ADMIN_PASSWORD__FILE") in
'') fault="is not set" ;;
change-me) fault="is still a placeholder" ;;
????????????*) exec "${GRAFANA:-/run.sh}" ;;
*) fault="has fewer than 12 letters" ;;
esac
printf 'Grafana does not start, see .env.example:\n  GRAFANA_ADMIN_PASSWORD %s\n' "$fault" >&2
exit 78
