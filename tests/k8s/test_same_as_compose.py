"""docker-compose.yml and deploy/k8s are one system: the same parts, images, variables, commands and bounds."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from manifests import OVERLAY, ROOT, Manifest, Manifests, containers, file_of_variables, of_kind, pods, variables

from contracts.topics import load_topics
from lapor.system.installation import SERVICES, database_name
from prober import metrics

#: Services that only compose needs, and what replaces each here.
ELSEWHERE = {
    "settings": "each part refuses what is empty or a placeholder, and provision before anything else",
    "certificates": "Strimzi and CloudNativePG make them",
    "kafka": "Strimzi",
    "kafka-2": "Strimzi",
    "kafka-3": "Strimzi",
    "classifier-model": "a container that runs before each classifier",
    "standins": "nobody plays vendors on a cluster",
    **{f"{service.name}-db": "CloudNativePG" for service in SERVICES if service.database},
    **{f"{service.name}-two": "a second replica" for service in SERVICES},
}
#: Variables whose values depend on the place, and those that only Kubernetes needs: the number of a replica.
OF_THE_PLACE = {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "DATABASE_PASSWORD_FILE", "PROBE_AGENCIES_PORT"}
OF_KUBERNETES = {"SLOT"}
#: Prefixes of options that Strimzi sets itself, and refuses.
OF_STRIMZI = ("process.roles", "node.id", "controller.", "sasl.", "listener.", "authorizer.", "super.users")
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY$|NAMESPACE|^SMTP_URL$")
#: Secrets from others; the file of a missing one is empty.
OF_OTHERS = {
    "DESK_COUNTER_KEY",
    *("FACEBOOK_PAGE_TOKEN", "FACEBOOK_APP_SECRET", "FACEBOOK_WEBHOOK_TOKEN", "SMTP_URL"),
    *("SMS_SEND_PASSWORD", "SMS_SIGNING_SECRET"),
    *("WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_WEBHOOK_TOKEN"),
    *("EVIDENCE_S3_ACCESS_KEY", "EVIDENCE_S3_SECRET_KEY"),
}
Said = tuple[str, str]


def _by_compose(name: str, value: str | None) -> Said:
    """Return how a container gets a variable: as a fixed value, or from a required or an optional setting."""
    if value is None:
        return "may", name
    found = re.fullmatch(r"\$\{(\w+):-[^}]*\}", value)
    return ("must", found[1]) if found else ("is", value)


def _by_kubernetes(variable: Manifest) -> Said:
    if "value" in variable:
        return "is", variable["value"]
    ((_, ref),) = variable["valueFrom"].items()
    return ("may" if ref.get("optional") else "must", ref["key"])


def _secrets(pod: Manifest) -> set[str]:
    """Return the files of /run/secrets."""
    (volume,) = (it["secret"] for it in pod["spec"]["volumes"] if it["name"] == "secrets")
    mounts = {it["name"]: it for it in _runs(pod)["volumeMounts"]}

    assert ("secrets", "/run/secrets", True) == (
        volume["secretName"],
        mounts["secrets"]["mountPath"],
        mounts["secrets"]["readOnly"],
    )
    assert [] == [it for it in volume["items"] if it["key"] != it["path"]]
    return {it["key"] for it in volume["items"]}


def _runs(pod: Manifest) -> Manifest:
    """Return the main container; for provision, the one that provisions."""
    both: dict[str, Manifest] = {each["name"]: each for each in containers(pod)}
    return both.get("service") or both["provision"]


def _mebibytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([mg]|Mi|Gi)", text)
    assert found, text
    return int(found[1]) * (1024 if found[2] in ("g", "Gi") else 1)


def test_each_part_of_compose_is_here_or_somebody_else_does_it(compose: dict[str, Any], rendered: Manifests) -> None:
    assert compose.keys() - ELSEWHERE.keys() == pods(rendered).keys()


def test_a_part_has_the_same_image_with_a_tag(compose: dict[str, Any], rendered: Manifests) -> None:
    for name, pod in pods(rendered).items():
        for container in containers(pod):
            image, _, tag = container["image"].partition(":")

            assert (compose[name]["image"], True) == (image, tag not in ("", "latest")), container["name"]


def test_a_part_is_told_the_same(compose: dict[str, Any], rendered: Manifests) -> None:
    for name, pod in pods(rendered).items():
        theirs = {key: _by_compose(key, value) for key, value in compose[name]["environment"].items()}
        ours = variables(_runs(pod))

        assert theirs.keys() == ours.keys() - OF_KUBERNETES, name
        assert {} == {
            key: (said, _by_kubernetes(ours[key]))
            for key, said in theirs.items()
            if key not in OF_THE_PLACE and said != _by_kubernetes(ours[key])
        }, name


def test_a_part_is_given_the_same_secrets(compose: dict[str, Any], rendered: Manifests) -> None:
    """As files; those of databases come from the operator."""
    for name, pod in pods(rendered).items():
        theirs = {each for each in compose[name]["secrets"] if not each.endswith("_DB_PASSWORD")}

        assert theirs == _secrets(pod), name


def test_init_containers_get_the_same_values_as_the_main_one(rendered: Manifests) -> None:
    for name, pod in pods(rendered).items():
        told = variables(_runs(pod))
        before = [each for container in containers(pod) for each in variables(container).values()]

        assert [] == [each for each in before if told[each["name"]] != each], name


def test_a_part_runs_the_same(compose: dict[str, Any], rendered: Manifests) -> None:
    for service in SERVICES:
        commands = [container["command"] for container in containers(pods(rendered)[service.name])]
        (_, _, line) = compose[service.name].get("command", ["sh", "run.sh", f"exec {service.name} run"])

        if service.name == "classifier":
            learn = [word.replace("$$", "$") for word in compose["classifier-model"]["command"]]
            assert learn == commands.pop(0)
        assert line.replace("exec ", "").split(" && ") == [" ".join(words) for words in commands]
    assert compose["provision"]["command"] == containers(pods(rendered)["provision"])[0]["command"]


def test_a_part_has_the_same_memory_and_time_to_stop(compose: dict[str, Any], rendered: Manifests) -> None:
    for name, pod in pods(rendered).items():
        memory = {_mebibytes(container["resources"]["limits"]["memory"]) for container in containers(pod)}
        seconds = int(compose[name].get("stop_grace_period", "30s").removesuffix("s"))

        assert {_mebibytes(compose[name]["mem_limit"])} == memory, name
        assert seconds == pod["spec"].get("terminationGracePeriodSeconds", 30), name


@pytest.mark.parametrize("name", ["intake-social", "intake-web"])
def test_services_that_take_videos_have_temporary_space(name: str, rendered: Manifests) -> None:
    volumes = rendered["StatefulSet", name]["spec"]["template"]["spec"]["volumes"]

    assert ["256Mi"] == [each["emptyDir"]["sizeLimit"] for each in volumes if each["name"] == "tmp"]


def test_doors_are_where_compose_has_them(compose: dict[str, Any], rendered: Manifests) -> None:
    for service in SERVICES:
        told = compose[service.name]["environment"]
        # The prober's ports are those of other parts.
        wanted = {int(told[key]) for key in told if key.endswith("_PORT") and not key.startswith("PROBE_")}
        listening = {each["containerPort"] for each in _runs(pods(rendered)[service.name])["ports"]}
        served = {each["port"] for each in rendered["Service", service.name]["spec"]["ports"]}

        assert wanted == listening == served, service.name


def test_each_setting_that_is_needed_is_in_its_file_and_no_other(rendered: Manifests) -> None:
    files = {"settings": OVERLAY / "settings.env", "secrets": OVERLAY / "secrets.env.example"}
    given = {name: file_of_variables(path).keys() for name, path in files.items()}
    refs = [
        (ref["name"], ref["key"], ref.get("optional", False))
        for pod in pods(rendered).values()
        for container in containers(pod)
        for variable in variables(container).values()
        for ref in variable.get("valueFrom", {}).values()
        if ref.get("name") in files
    ]
    refs += [("secrets", name, False) for pod in pods(rendered).values() for name in _secrets(pod)]

    assert set() == {(name, key) for name, key, optional in refs if not optional and key not in given[name]}
    assert {(name, key) for name, keys in given.items() for key in keys} <= {(name, key) for name, key, _ in refs}
    assert [] == [(name, key) for name, key, _ in refs if (name == "secrets") != bool(SECRET.search(key))]


def test_every_secret_of_the_example_is_for_show_and_the_file_itself_is_ignored() -> None:
    example = file_of_variables(OVERLAY / "secrets.env.example")
    namespace = example.pop("INSTALLATION_NAMESPACE")

    of_others = [example.pop(name) for name in OF_OTHERS]
    assert ({"change-me"}, {""}, True) == (set(example.values()), set(of_others), namespace.startswith("00000000-"))
    assert "deploy/k8s/overlays/*/secrets.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_brokers_are_set_as_three_in_containers_are(compose: dict[str, Any], rendered: Manifests) -> None:
    properties = (ROOT / "deploy/local/src/lapor/servers/broker.properties").read_text()
    three = re.search(r'several="(.*?)"', (ROOT / "deploy/kafka/broker.sh").read_text(), re.DOTALL)
    assert three
    lines = [*properties.splitlines(), *three[1].splitlines()]
    wanted = dict(line.split("=", 1) for line in lines if line and not line.startswith(("#", *OF_STRIMZI)))
    config = rendered["Kafka", "lapor"]["spec"]["kafka"]["config"]

    assert wanted == {key: str(value).lower() for key, value in config.items()}


def test_the_brokers_have_the_same_room(compose: dict[str, Any], rendered: Manifests) -> None:
    pool = rendered["KafkaNodePool", "brokers"]["spec"]
    heap = " ".join(f"{option}{size}" for option, size in pool["jvmOptions"].items())

    assert compose["kafka"]["environment"]["KAFKA_HEAP_OPTS"] == heap
    assert _mebibytes(compose["kafka"]["mem_limit"]) == _mebibytes(pool["resources"]["limits"]["memory"])


def test_a_record_is_kept_by_as_many_brokers_as_there_are(rendered: Manifests) -> None:
    """Provision derives a topic's number of copies from the brokers'; Strimzi gives the names."""
    (cluster,) = of_kind(rendered, "Kafka")
    ((pool, its),) = of_kind(rendered, "KafkaNodePool").items()
    listener = rendered["Kafka", cluster]["spec"]["kafka"]["listeners"][0]
    names = [
        f"{cluster}-{pool}-{n}.{cluster}-kafka-brokers.lapor.svc:{listener['port']}"
        for n in range(its["spec"]["replicas"])
    ]

    assert 3 == len(names)
    for name, pod in pods(rendered).items():
        assert ",".join(names) == variables(_runs(pod))["KAFKA_BOOTSTRAP_SERVERS"]["value"], name


def test_every_listener_is_encrypted_and_asks_who_comes(rendered: Manifests) -> None:
    listeners = rendered["Kafka", "lapor"]["spec"]["kafka"]["listeners"]

    assert ["services", "agencies"] == [it["name"] for it in listeners]
    assert [(True, {"type": "scram-sha-512"})] * 2 == [(it["tls"], it["authentication"]) for it in listeners]


def test_the_super_user_is_the_one_that_provision_logs_in_as(rendered: Manifests) -> None:
    kafka, user = rendered["Kafka", "lapor"]["spec"], rendered["KafkaUser", "broker"]["spec"]
    password = variables(_runs(pods(rendered)["provision"]))["KAFKA_PASSWORD_FILE"]["value"].rpartition("/")[2]
    (ignored,) = kafka["entityOperator"]["template"]["userOperatorContainer"]["env"]

    assert ["broker"] == kafka["kafka"]["authorization"]["superUsers"]
    theirs = user["authentication"]["password"]["valueFrom"]["secretKeyRef"]
    assert {"name": "secrets", "key": password} == theirs
    # Provision manages all other users, rights and quotas. The operator deletes users that it does not ignore.
    assert "STRIMZI_IGNORED_USERS_PATTERN" == ignored["name"]
    assert [False, True, True, True] == [
        bool(re.fullmatch(ignored["value"], name)) for name in ("broker", "router", "broker-2", "*")
    ]
    assert "topicOperator" not in kafka["entityOperator"]


def test_each_service_has_a_database_of_its_own_and_is_sure_that_it_is_that_one(
    compose: dict[str, Any], rendered: Manifests
) -> None:
    owners = {f"{service.name}-db": service for service in SERVICES if service.database}
    clusters = of_kind(rendered, "Cluster")
    assert owners.keys() == clusters.keys()

    for name, service in owners.items():
        its, pod = clusters[name]["spec"], pods(rendered)[service.name]
        told = variables(_runs(pod))
        address = urlsplit(told["DATABASE_URL"]["value"])
        (volume,) = (it["projected"] for it in pod["spec"]["volumes"] if it["name"] == "database")
        secrets = [source["secret"] for source in volume["sources"]]
        files = {f"/database/{item['path']}": secret["name"] for secret in secrets for item in secret["items"]}
        mounts = {it["name"]: it["mountPath"] for it in _runs(pod)["volumeMounts"]}

        wanted = database_name(service.name)
        made = its["bootstrap"]["initdb"]
        assert (wanted, wanted) == (made["database"], made["owner"])
        assert compose[name]["environment"]["OWNER"] == wanted
        assert (f"{wanted}@{name}-rw", f"/{wanted}") == (address.netloc, address.path)
        assert {"sslmode": ["verify-full"], "sslrootcert": ["/database/ca.crt"]} == parse_qs(address.query)
        assert {"/database/ca.crt": f"{name}-ca", told["DATABASE_PASSWORD_FILE"]["value"]: f"{name}-app"} == files
        assert "/database" == mounts["database"]


def test_a_database_is_what_it_is_in_containers(compose: dict[str, Any], rendered: Manifests) -> None:
    image = re.search(r"postgres:(\d+)", compose["router-db"]["image"])
    assert image
    for name, cluster in of_kind(rendered, "Cluster").items():
        its = cluster["spec"]

        assert int(image[1]) == its["imageCatalogRef"]["major"]
        assert _mebibytes(compose[name]["mem_limit"]) == _mebibytes(its["resources"]["limits"]["memory"])
        assert (False, ["hostnossl all all all reject"]) == (its["enableSuperuserAccess"], its["postgresql"]["pg_hba"])
        # Rather no ticket than one that is lost with a machine.
        assert (3, 1, "required") == (
            its["instances"],
            its["postgresql"]["synchronous"]["number"],
            its["postgresql"]["synchronous"]["dataDurability"],
        )


def test_services_scale_by_lag_in_seconds_up_to_their_partitions(rendered: Manifests) -> None:
    scaled = of_kind(rendered, "ScaledObject")
    shown = rendered["Service", "prober"]["spec"]["ports"][0]["port"]
    metric, labels = metrics.BEHIND_S._name, metrics.BEHIND_S._labelnames

    assert {service.name for service in SERVICES} - {"prober"} == scaled.keys()
    assert 1 == rendered["Deployment", "prober"]["spec"]["replicas"]
    for name, it in scaled.items():
        spec = it["spec"]
        (trigger,) = spec["triggers"]
        read = [topic.partitions for topic in load_topics([]) if name in topic.consumers and topic.partitions > 1]

        assert {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name} == spec["scaleTargetRef"]
        assert "replicas" not in rendered["StatefulSet", name]["spec"]  # or each apply would reset it
        assert read
        assert 2 == spec["minReplicaCount"] <= spec["maxReplicaCount"] <= min(read)
        assert (("group",), f'{metric}{{group="{name}"}}') == (labels, trigger["metadata"]["valueLocation"])
        assert f"http://prober.lapor:{shown}/metrics" == trigger["metadata"]["url"]


def test_each_replica_has_a_slot_of_its_own(rendered: Manifests) -> None:
    index = {"fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}}
    slots = {name: variables(_runs(pod)).get("SLOT", {}).get("valueFrom") for name, pod in pods(rendered).items()}

    assert dict.fromkeys(of_kind(rendered, "StatefulSet"), index) | {"prober": None, "provision": None} == slots
