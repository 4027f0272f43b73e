#!/bin/sh
# Starts Caddy, or ends with 78 and names what is missing: without a name no certificate can be had.
set -eu
bad=
case ${WEB_DOMAIN:-} in
  "") bad="  WEB_DOMAIN is not set" ;;
  *[!A-Za-z0-9.-]*) bad="  WEB_DOMAIN is no name: only letters, digits, dots and hyphens, without https://" ;;
esac
case ${WEB_PUBLIC_URL:-} in
  "https://${WEB_DOMAIN:-}") ;;
  *) bad="$bad
  WEB_PUBLIC_URL is not https://${WEB_DOMAIN:-WEB_DOMAIN}: links that citizens are sent would lead elsewhere" ;;
esac
case ${ACME_EMAIL:-} in
  *@*) ;;
  *) bad="$bad
  ACME_EMAIL is no address: there Let's Encrypt warns before a certificate ends" ;;
esac
if [ -n "$bad" ]; then
  printf '%s\n' "the proxy can't start, see .env.example:" "$bad" >&2
  exit 78
fi
exec "${CADDY:-caddy}" run --config "${CADDYFILE:-/etc/caddy/Caddyfile}" --adapter caddyfile
