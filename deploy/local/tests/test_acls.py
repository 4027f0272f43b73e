"""The ACLs allow what the topics' declarations say, and nothing else."""

from contracts.topics import Topic
from lapor.servers.acls import Rule, principals, rules

UNITS = ["PU", "PUPR"]
TOPICS = [
    Topic(name="complaint.received.v1", partitions=12, producers=("intake-sms",), consumers=("router",)),
    Topic(name="unit.pu.routed.v1", partitions=1, producers=("router",), consumers=("PU",)),
    Topic(name="unit.pu.replied.v1", partitions=1, producers=("PU",), consumers=("router",)),
    Topic(name="router.dlq", partitions=1, producers=("router",), consumers=("operator", "router")),
    Topic(name="router.replay", partitions=1, producers=("operator",), consumers=("router",)),
]


def allowed(principal: str) -> set[tuple[str, str]]:
    return {(rule.operation, rule.name) for rule in rules(TOPICS, UNITS) if rule.principal == principal}


def test_everyone_who_is_named_becomes_a_principal() -> None:
    assert principals(TOPICS, UNITS) == ["PU", "PUPR", "auditor", "intake-sms", "operator", "router"]


def test_a_producer_writes_and_does_not_read() -> None:
    assert allowed("intake-sms") == {("WRITE", "complaint.received.v1"), ("READ", "intake-sms")}


def test_a_unit_reads_what_it_is_sent_and_writes_what_it_answers() -> None:
    assert allowed("PU") == {("READ", "unit.pu.routed.v1"), ("WRITE", "unit.pu.replied.v1"), ("READ", "unit.pu.")}


def test_a_units_group_prefix_ends_with_a_dot_so_that_pu_is_not_pupr() -> None:
    assert Rule("PU", "READ", "GROUP", "unit.pu.", prefix=True) in rules(TOPICS, UNITS)


def test_the_operator_reads_dead_letters_and_writes_nothing_but_requests() -> None:
    assert allowed("operator") == {("READ", "router.dlq"), ("READ", "operator."), ("WRITE", "router.replay")}


def test_a_service_reads_what_it_put_aside_and_what_is_asked_of_it() -> None:
    assert {("READ", "router.dlq"), ("WRITE", "router.dlq"), ("READ", "router.replay")} <= allowed("router")


def test_the_auditor_reads_everything_and_writes_nothing() -> None:
    everything = {("READ", topic.name) for topic in TOPICS}
    assert allowed("auditor") == everything | {("READ", "auditor."), ("DESCRIBE", "*")}


def test_the_prober_describes_everything_and_reads_nothing_of_it() -> None:
    everything = {("DESCRIBE", topic.name) for topic in TOPICS}
    assert allowed("prober") == everything | {("DESCRIBE", "*")}
