# Stands in for prom/node-exporter: Debian's own.
FROM python:3.13-slim-trixie
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends prometheus-node-exporter >/dev/null
USER nobody
ENTRYPOINT ["prometheus-node-exporter"]
