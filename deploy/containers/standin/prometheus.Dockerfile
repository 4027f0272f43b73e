# Stands in for prom/prometheus: Debian's own.
FROM python:3.13-slim-trixie
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends prometheus >/dev/null && \
    install -d -o nobody -g nogroup /prometheus
VOLUME /prometheus
USER nobody
ENTRYPOINT ["prometheus"]
