"""The parts of the system: each process, its ports and its environment. Change the list here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lapor.processes import credentials
from lapor.processes.credentials import EVENT_KEYS, SHARED, VENDORS, Credentials
from lapor.processes.data_dir import DataDir
from lapor.processes.ports import HOST
from lapor.processes.process import Process, Step, answers
from lapor.servers import kafka, kannel, postgres, prometheus

# The usual ports (1708 is the number that citizens know). A taken one is replaced by a free one.
PORTS = {
    "web": 17080, "standins": 17081, "sms": 17082, "desk": 17083, "hooks": 17084, "mail": 17025,
    "kafka": 17092, "controller": 17093, "postgres": 17054,
    "intake-sms": 17101, "intake-social": 17102, "intake-web": 17103, "classifier": 17104, "router": 17105,
    "sla-monitor": 17106, "prober": 17107, "unit-desk": 17108, "prometheus": 17090,
    "kannel-admin": 17130, "kannel-smsbox": 17131, "sendsms": 17113, "smsc": 17132,
}  # fmt: skip
# The page and the app that the stand-in for Facebook plays.
FACEBOOK_PAGE_ID, FACEBOOK_APP_ID = "170800000000001", "170800000000002"
WHATSAPP_NUMBER_ID = "170800000000003"
_SENDSMS = "/cgi-bin/sendsms"
_KANNEL = {"admin": "kannel-admin", "smsbox": "kannel-smsbox", "door": "sms"}  # its names for our ports
READY_S = 100  # a service that gets no partitions exits after 60 s; this leaves time for a second try
FAUST_STOP_S = 45  # 30 s at most for the present batch, and 15 s to commit and leave


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Everything that is known before the first process starts. ``overrides``: extra variables by service."""

    data: DataDir
    region: Path
    ports: Mapping[str, int]
    credentials: Credentials
    overrides: Mapping[str, Mapping[str, str]]

    @property
    def broker(self) -> kafka.Broker:
        """The one Kafka broker."""
        return kafka.Broker(
            directory=self.data.kafka,
            port=self.ports["kafka"],
            controller_port=self.ports["controller"],
            password=self.credentials.kafka_admin,
        )

    @property
    def cluster(self) -> postgres.Cluster:
        """The one database cluster."""
        return postgres.Cluster(
            directory=self.data.postgres, port=self.ports["postgres"], password=self.credentials.postgres_admin
        )

    @property
    def kannel(self) -> kannel.Kannel:
        """The gateway for citizens' SMS, where it is installed."""
        shared = self.credentials.shared
        account = shared["KANNEL_USERNAME"], shared["KANNEL_PASSWORD"]
        return kannel.Kannel(
            directory=self.data.kannel,
            ports={name: self.ports[_KANNEL.get(name, name)] for name in kannel.PORTS},
            send_username=account[0],
            send_password=account[1],
            token=shared["SMS_MO_TOKEN"],
            line=kannel.network(self.ports["smsc"], *account, self.url("standins", _SENDSMS)),
        )

    @property
    def sendsms(self) -> str:
        """The address where services send SMS: Kannel's, or its stand-in's if it is not installed."""
        return self.url("sendsms" if kannel.programs() else "standins", _SENDSMS)

    @property
    def prometheus(self) -> prometheus.Prometheus:
        """The Prometheus that watches the services, where it is installed."""
        targets = {service.name: self.ports[service.name] for service in SERVICES}
        return prometheus.Prometheus(directory=self.data.prometheus, port=self.ports["prometheus"], targets=targets)

    def url(self, port: str, path: str = "") -> str:
        """Return an address on this machine."""
        return f"http://{HOST}:{self.ports[port]}{path}"

    def dsn(self, service: str) -> str:
        """Return the address of the database of ``service``, for its own role."""
        name = database_name(service)
        return self.cluster.dsn(name, name, self.credentials.databases[name])


@dataclass(frozen=True, kw_only=True)
class Service:
    """One of our services. ``doors``: its ports besides that of /ready; ``env``: variables that only it gets."""

    name: str
    database: bool = True
    doors: tuple[str, ...] = ()
    stop_timeout_s: float = 20
    env: Callable[[Installation], dict[str, str]] = lambda _installation: {}

    @property
    def module(self) -> str:
        """The name of its Python package, its database and its role."""
        return database_name(self.name)


def database_name(service: str) -> str:
    """Turn ``intake-sms`` into ``intake_sms``."""
    return service.replace("-", "_")


def _sms(it: Installation) -> dict[str, str]:
    return {
        **_shared(it, "SMS_", "KANNEL_", "CANARY_"),
        **_intake(it, "INTAKE_SMS_EVENT_KEY"),
        "SMS_LISTEN_PORT": str(it.ports["sms"]),
        "SMS_REPORT_URL": it.url("sms", "/sms/kannel/dlr"),
        "KANNEL_SEND_URL": it.sendsms,
        "WEB_PUBLIC_URL": it.url("web"),
    }


def _web(it: Installation) -> dict[str, str]:
    return {
        **_shared(it, "KANNEL_", "CANARY_"),
        **_intake(it, "INTAKE_WEB_EVENT_KEY"),
        **_messages(it),
        "WEB_PORT": str(it.ports["web"]),
        "WEB_PUBLIC_URL": it.url("web"),
        "DESK_PUBLIC_URL": it.url("desk"),
        "EVIDENCE_URL": it.data.evidence.absolute().as_uri(),
        # So that the demo can play many citizens from this machine: demo.player.somebody().
        "WEB_TRUSTED_PROXIES": f"{HOST}/32",
    }


def _messages(it: Installation) -> dict[str, str]:
    """Return the variables for sending mail and SMS."""
    return {
        "KANNEL_SEND_URL": it.sendsms,
        "SMTP_URL": f"smtp://{HOST}:{it.ports['mail']}",
        "MAIL_FROM": "LAPOR! Soppeng <lapor@contoh.id>",
    }


def _social(it: Installation) -> dict[str, str]:
    return {
        **_shared(it, "X_", "FACEBOOK_", "WHATSAPP_"),
        **_intake(it, "INTAKE_SOCIAL_EVENT_KEY"),
        "X_ENABLED": "true",
        "X_API_URL": it.url("standins", "/x"),
        "X_POLL_S": "1",
        "X_SEARCH": "#LAPOR OR #LAPORSOPPENG",
        "X_SEARCH_S": "5",
        "FACEBOOK_ENABLED": "true",
        "FACEBOOK_GRAPH_URL": it.url("standins", "/graph"),
        "FACEBOOK_PAGE_ID": FACEBOOK_PAGE_ID,
        "FACEBOOK_APP_ID": FACEBOOK_APP_ID,
        # Pushed messages arrive immediately; polling finds those whose push was lost.
        "FACEBOOK_POLL_S": "10",
        "WHATSAPP_ENABLED": "true",
        "WHATSAPP_GRAPH_URL": it.url("standins", "/whatsapp"),
        "WHATSAPP_PHONE_NUMBER_ID": WHATSAPP_NUMBER_ID,
        "WHATSAPP_TEMPLATE": "kabar_laporan",
        "SOCIAL_LISTEN_PORT": str(it.ports["hooks"]),
        "SOCIAL_PUBLIC_URL": it.url("hooks"),
        "WEB_PUBLIC_URL": it.url("web"),
        "EVIDENCE_URL": (it.data.evidence / "intake-social").absolute().as_uri(),
    }


def _desk(it: Installation) -> dict[str, str]:
    return {
        **_shared(it, "DESK_", "KANNEL_"),
        **_messages(it),
        "DESK_PORT": str(it.ports["desk"]),
        "DESK_PUBLIC_URL": it.url("desk"),
        "DESK_COUNTER_URL": it.url("web"),
        "DESK_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",  # for receivers on this machine
        "WEB_PUBLIC_URL": it.url("web"),
        "SOCIAL_PUBLIC_URL": it.url("hooks"),
        # Beside the files of citizens, so that a backup has both.
        "EVIDENCE_URL": (it.data.evidence / "unit-desk").absolute().as_uri(),
    }


def _router(it: Installation) -> dict[str, str]:
    return {**_shared(it, *EVENT_KEYS), "DESK_PUBLIC_URL": it.url("desk")}


def _prober(it: Installation) -> dict[str, str]:
    return {
        **_shared(it, "SMS_", "CANARY_"),
        "PROBE_WEB_URL": it.url("web"),
        "PROBE_SMS_URL": it.url("sms", "/sms/kannel/mo"),
    }


def _intake(it: Installation, event_key: str) -> dict[str, str]:
    """Return the variables of every intake; ``event_key``: the name of its own key."""
    return {
        "INSTALLATION_NAMESPACE": it.credentials.installation_namespace,
        "EVENT_KEY": it.credentials.shared[event_key],
        "QUIET_HOURS": "false",  # a demo at night must not wait until morning
    }


def _shared(it: Installation, *prefixes: str) -> dict[str, str]:
    return {name: it.credentials.shared[name] for name in SHARED if name.startswith(prefixes)}


SERVICES = (
    Service(name="intake-sms", doors=("sms",), env=_sms),
    Service(name="intake-social", doors=("hooks",), env=_social),
    Service(name="intake-web", doors=("web",), env=_web),
    Service(
        name="classifier",
        database=False,
        stop_timeout_s=FAUST_STOP_S,
        env=lambda it: {"MODEL_FILE": str(it.data.model.absolute()), **_shared(it, *EVENT_KEYS)},
    ),
    Service(name="router", stop_timeout_s=FAUST_STOP_S, env=_router),
    Service(name="sla-monitor", stop_timeout_s=FAUST_STOP_S),
    Service(name="unit-desk", doors=("desk",), env=_desk),
    Service(name="prober", database=False, env=_prober),
)
NAMES = ("postgres", "kafka", "standins", *(service.name for service in SERVICES))


def databases() -> list[str]:
    """List the databases that must exist."""
    return [service.module for service in SERVICES if service.database]


def service_process(it: Installation, service: Service) -> Process:
    """Return a service as a process, which reads its passwords at each start."""

    def env() -> Mapping[str, str]:
        return service_env(replace(it, credentials=credentials.read(it.data.credentials)), service)

    return Process(
        name=service.name,
        command=(sys.executable, "-m", service.module, "run"),
        env=env,
        ready=answers(it.ports[service.name]),
        ports=tuple(it.ports[name] for name in (service.name, *service.doors)),
        stop_timeout_s=service.stop_timeout_s,
        ready_timeout_s=READY_S,
    )


def _command(service: Service, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", service.module, *words)


def migration(it: Installation, service: Service) -> Step:
    """Return the step that brings a service's database up to date."""
    return Step(
        name=f"{service.name}-migrate",
        command=_command(service, "migrate"),
        env=service_env(it, service),
    )


def counter_key(it: Installation) -> Step:
    """Return the step that registers the key of the desk's counter at the website."""
    web = next(service for service in SERVICES if service.name == "intake-web")
    words = ("key", "create", "loket", "--contact", "lapor up", "--right", "counter")
    given = {"GIVEN_KEY": it.credentials.shared["DESK_COUNTER_KEY"]}
    return Step(name="counter-key", command=_command(web, *words), env={**service_env(it, web), **given})


def rewinding(it: Installation, service: Service) -> Step:
    """Return the step that makes a service forget its offsets in a log that is lost."""
    return replace(migration(it, service), name=f"{service.name}-rewind", command=_command(service, "rewind"))


def service_env(it: Installation, service: Service) -> dict[str, str]:
    """Return the variables of a service: the common ones, its own, and the caller's overrides."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": it.broker.bootstrap,
        "KAFKA_USERNAME": service.name,
        "KAFKA_PASSWORD": it.credentials.principals[service.name],
        **({"DATABASE_URL": it.dsn(service.name)} if service.database else {}),
        "REGION_DIR": str(it.region),
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(it.ports[service.name]),
        "SLOT": "0",
        **service.env(it),
        **it.overrides.get(service.name, {}),
    }


def standins(it: Installation) -> Process:
    """Return the process of the vendors' stand-ins."""
    port = it.ports["standins"]
    return Process(
        name="standins",
        command=(sys.executable, "-m", "lapor.standins", "--port", str(port)),
        env=lambda: {
            **_shared(it, *VENDORS),
            "STANDINS_PORT": str(port),
            "STANDINS_SMTP_PORT": str(it.ports["mail"]),
            "STANDINS_STATE": str(it.data.standins.absolute()),
            "SMS_MO_URL": it.url("sms", "/sms/kannel/mo"),
            **({"SMS_SMSC_URL": it.url("smsc")} if kannel.programs() else {}),
            "FACEBOOK_PAGE_ID": FACEBOOK_PAGE_ID,
            "FACEBOOK_WEBHOOK_URL": it.url("hooks", "/hooks/facebook"),
            "WHATSAPP_PHONE_NUMBER_ID": WHATSAPP_NUMBER_ID,
            "WHATSAPP_WEBHOOK_URL": it.url("hooks", "/hooks/whatsapp"),
            **it.overrides.get("standins", {}),
        },
        ready=answers(port),
        ports=(port, it.ports["mail"]),
    )
