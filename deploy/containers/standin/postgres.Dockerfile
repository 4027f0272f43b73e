# Stands in for postgres: Debian's own, with as much of the image's entrypoint as docker-compose.yml relies on.
FROM python:3.13-slim-trixie
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql >/dev/null && \
    usermod --uid 999 --home /var/lib/postgresql postgres && groupmod --gid 999 postgres && \
    ln -s /usr/lib/postgresql/*/bin /usr/lib/postgresql/bin && \
    rm -rf /var/lib/postgresql && install -d -o postgres -g postgres -m 777 /var/lib/postgresql /run/postgresql
COPY postgres/docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/lib/postgresql/bin:$PATH PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
USER postgres
