# Stands in for prom/alertmanager: Debian's own.
FROM python:3.13-slim-trixie
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends prometheus-alertmanager >/dev/null && \
    ln -s /usr/bin/prometheus-alertmanager /usr/local/bin/alertmanager && \
    install -d -o nobody -g nogroup /alertmanager
VOLUME /alertmanager
USER nobody
ENTRYPOINT ["alertmanager"]
