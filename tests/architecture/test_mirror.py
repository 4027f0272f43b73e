"""A module of over 60 lines has its test file, or stands in a short list with the file that covers it and why.

The test file of ``adapters/store.py`` is ``test_store.py``, at the top of the package's tests or in their folder
``adapters/``; that of ``__main__.py`` is ``test_main.py``.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("contracts", "kabupaten", "chassis", "intake", "look", "testing", "deploy/local", "services/*")
LONG = 60


class Cover(NamedTuple):
    """The test file that covers a module, and the reason.

    It imports the module, or an importer of it; or it starts a program that ``runs`` it, by these words.
    """

    test: str
    why: str
    runs: str = ""


_TOOL = "what tests are made with: it is tried by each that uses it, such as this one"
_WIRING = "joins what others decide, and a wrong joint stops every story"
_FLOW = "one stage of a story; told as stories, in which a wrong decision shows"
#: By module, or by folder for all its modules without a test file of their own.
COVERED = {
    "chassis/changes.py": Cover("services/intake-web/tests/test_live.py", "who waits reads a stream"),
    "chassis/consume.py": Cover("chassis/tests/test_processor.py", "a broker feeds it", "stateful"),
    "chassis/otlp.py": Cover("chassis/tests/test_tracing.py", "what it sends is what a span tells"),
    "chassis/publish.py": Cover("chassis/tests/test_outbox.py", "what it sends is what the relay has sent"),
    "chassis/service.py": Cover(
        "chassis/tests/test_processor.py", "it is a process, and that one kills it", "stateful"
    ),
    "chassis/unreadable.py": Cover(
        "chassis/tests/test_foreign_producers.py", "only a broker has such batches", "bench"
    ),
    "classifier/handlers.py": Cover("services/classifier/tests/test_classify.py", "it is asked what it decides"),
    "intake_social/acting.py": Cover("services/intake-social/tests/test_handlers.py", "posts are taken, and answered"),
    "intake_social/conversations.py": Cover(
        "services/intake-social/tests/test_mentions.py", "posts that continue others, or quote them"
    ),
    "intake_social/recent.py": Cover(
        "services/intake-social/tests/test_mentions.py", "posts that come again are recognised by it"
    ),
    "intake_social/post.py": Cover("services/intake-social/tests/test_handlers.py", "the value that is taken"),
    "intake/accesses.py": Cover("intake/tests/test_export.py", "what it notes is told to the person it is about"),
    "intake/additions.py": Cover("intake/tests/test_apart.py", "what is added in the same way: test_submissions.py"),
    "intake/cli.py": Cover("intake/tests/test_export.py", "each command by its subject"),
    "classifier/__main__.py": Cover("services/classifier/tests/training/test_build.py", "each command by its subject"),
    "classifier/category/linear_model.py": Cover(
        "services/classifier/tests/training/test_evaluate.py", "how good it is counts, on texts it was not taught"
    ),
    "kabupaten/gazetteer.py": Cover("kabupaten/tests/test_place.py", "names matter where they are found"),
    "classifier/training/labelled_rows.py": Cover(
        "services/classifier/tests/training/test_build.py", "rows are read to be learnt from"
    ),
    "classifier/training/synthetic_phrases.py": Cover(
        "services/classifier/tests/training/test_augment.py", "data, read through what fills its gaps"
    ),
    "contracts/events.py": Cover("contracts/tests/test_examples.py", "structs: each has examples"),
    "contracts/identifiers.py": Cover("contracts/tests/test_masking.py", "data: each pattern has a text"),
    "intake/noting.py": Cover("intake/tests/test_apart.py", "what accuses; the rest: test_texts.py"),
    "intake/evidence.py": Cover("services/intake-web/tests/test_evidence.py", "it belongs to who has the files"),
    "intake/decode.py": Cover("intake/tests/test_decoder.py", "a process of its own", "derive("),
    "intake/complaint_view.py": Cover("intake/tests/test_projection.py", "its rows are what the projection keeps"),
    "intake/films.py": Cover("services/intake-web/tests/test_films.py", "uploads are the first that need it"),
    "intake/mail.py": Cover("services/intake-web/tests/test_settings.py", "settings, read by a service that has them"),
    "intake/opening.py": Cover("services/intake-social/tests/test_photos.py", "it belongs to who has the files"),
    "intake/own.py": Cover("services/intake-sms/tests/test_handlers.py", "a database tells it what a sender has"),
    "intake/service.py": Cover("services/intake-web/tests/test_process.py", _WIRING),
    "intake_social/adapters/graph_items.py": Cover("services/intake-social/tests/test_hooks.py", "what hooks hold"),
    "intake_social/fetching.py": Cover("services/intake-social/tests/test_photos.py", "fetches what photos.py noted"),
    "intake_social/whatsapp_talk.py": Cover("services/intake-social/tests/test_whatsapp.py", "the window of a day"),
    "intake_web/app.py": Cover("services/intake-web/tests/test_door.py", _WIRING),
    "intake_web/codes.py": Cover(
        "services/intake-web/tests/test_accounts.py", "a server and a gateway get what it sends"
    ),
    "intake_web/handlers/account_code.py": Cover("services/intake-web/tests/test_accounts.py", "typed by browsers"),
    "intake_web/handlers/account_data.py": Cover("services/intake-web/tests/test_accounts.py", "asked by browsers"),
    "intake_web/adapters/listings.py": Cover("services/intake-web/tests/test_public.py", "read through the pages"),
    "intake_web/browsing.py": Cover("services/intake-web/tests/test_public.py", "asked through the pages"),
    "intake_web/key_commands.py": Cover(
        "services/intake-web/tests/test_keys.py", "an operator's commands, run there", '"intake_web", "key"'
    ),
    "intake_web/listing.py": Cover("services/intake-web/tests/test_public.py", "what is counted is read there"),
    "intake_web/photos.py": Cover("services/intake-web/tests/test_uploads.py", "how an upload grows is seen there"),
    "intake_web/shapes.py": Cover("services/intake-web/tests/test_openapi.py", "types: answers are held to them"),
    "intake_web/store.py": Cover("services/intake-web/tests/test_postgres.py", "what it says, PostgreSQL keeps"),
    "intake_web/handlers/hints.py": Cover("services/intake-web/tests/test_similar.py", "a form asks it"),
    "intake_web/handlers/support.py": Cover("services/intake-web/tests/test_supporters.py", "a page asks it"),
    "intake_web/handlers/problems.py": Cover(
        "services/intake-web/tests/test_api.py", "an answer of the API is a problem or none"
    ),
    "intake_web/handlers/visit.py": Cover("services/intake-web/tests/test_pages.py", "each page is one of a visit"),
    "intake_web/tracking.py": Cover("services/intake-web/tests/test_api.py", "what the API gives of a story"),
    "lapor/commands/top.py": Cover("deploy/local/tests/test_morning.py", "the board is read as a person reads it"),
    "lapor/commands/backup.py": Cover(
        "tests/e2e/test_administration.py", "a system that runs is backed up", '"backup"'
    ),
    "lapor/servers/wal.py": Cover("deploy/local/tests/test_archive.py", "what it takes is what an archive has"),
    "lapor/commands/restore.py": Cover("tests/e2e/test_administration.py", "and loses its databases", '"restore"'),
    "lapor/system/rewinding.py": Cover("tests/e2e/test_administration.py", "they stop and go on", '"restore"'),
    "lapor/commands/rotate.py": Cover("tests/e2e/test_administration.py", "who is logged in gets another", '"rotate"'),
    "lapor/system/addresses.py": Cover("deploy/local/tests/test_backups.py", "where the databases are"),
    "lapor/servers/dump.py": Cover("deploy/local/tests/test_backups.py", "a real database is read and made anew"),
    "lapor/__main__.py": Cover("tests/architecture/test_help.py", "it lists the commands"),
    "lapor/demo/hops.py": Cover("deploy/local/tests/test_player.py", "every event has a name"),
    "lapor/demo/scenarios.py": Cover("deploy/local/tests/test_player.py", "data: the stories that are played"),
    "lapor/kafka/principal.py": Cover("deploy/local/tests/test_reader.py", "who reads, and may not"),
    "lapor/options.py": Cover("deploy/local/tests/test_reader.py", "the options of all commands that read"),
    "lapor/processes/process.py": Cover("deploy/local/tests/test_supervisor.py", "processes are there to be started"),
    "lapor/processes/state.py": Cover("deploy/local/tests/test_supervisor.py", "what the supervisor writes down"),
    "lapor/servers/kafka.py": Cover("deploy/local/tests/test_isolation.py", "the broker that all of it asks"),
    "lapor/servers/provision.py": Cover("deploy/local/tests/test_isolation.py", "only a broker knows the rights"),
    "lapor/servers/quotas.py": Cover("deploy/local/tests/test_isolation.py", "only a broker slows a unit"),
    "lapor/standins/": Cover("deploy/local/tests/test_standins.py", "one server, asked by the vendors' own libraries"),
    "lapor/system/start.py": Cover("deploy/local/tests/test_up.py", "it is `lapor up`", '"up"'),
    "look/web.py": Cover("services/intake-web/tests/test_door.py", "each answer of a website goes through it"),
    "prober/app.py": Cover("tests/e2e/test_canary.py", _WIRING, "running("),
    "router/metrics.py": Cover("services/router/tests/test_open_complaints.py", "figures, each shown moving"),
    "router/app.py": Cover("tests/pipeline/test_pipeline.py", _WIRING),
    "router/snapshot.py": Cover("services/router/tests/test_rahasia.py", "who reads what of a complaint"),
    "router/case.py": Cover("services/router/tests/test_status_table.py", "what is kept between two steps of a story"),
    "router/handlers.py": Cover("services/router/tests/test_stories.py", "every story goes through it"),
    "router/registration.py": Cover("services/router/tests/test_routing.py", _FLOW),
    "router/replies.py": Cover("services/router/tests/test_status_table.py", "a table of actions, tried cell by cell"),
    "router/timers.py": Cover("services/router/tests/test_store.py", "a database tells it what is due"),
    "router/transfers.py": Cover("services/router/tests/test_support_replies.py", _FLOW),
    "kabupaten/resolution_check.py": Cover(
        "services/router/tests/test_resolution_check.py", "the router refuses by it"
    ),
    "unit_desk/app.py": Cover("services/unit-desk/tests/test_pages.py", _WIRING),
    "unit_desk/adapters/accounts.py": Cover(
        "services/unit-desk/tests/test_entry.py", "who is there comes in or does not"
    ),
    "unit_desk/adapters/login_codes.py": Cover("services/unit-desk/tests/test_mail_code.py", "who has one comes in"),
    "unit_desk/adapters/complaints.py": Cover("services/unit-desk/tests/test_lists.py", "what is asked is listed"),
    "unit_desk/adapters/intake.py": Cover("services/unit-desk/tests/test_counter.py", "what it answers is read there"),
    "unit_desk/handlers/proof.py": Cover("services/unit-desk/tests/test_proofs.py", "a photo is sent and asked for"),
    "unit_desk/adapters/told.py": Cover("services/unit-desk/tests/test_pages.py", "what is told is on the pages"),
    "unit_desk/adapters/keys.py": Cover("services/unit-desk/tests/test_api.py", "what a key opens, and what not"),
    "unit_desk/adapters/log.py": Cover("services/unit-desk/tests/test_api.py", "what is in a log is read with a key"),
    "unit_desk/courier.py": Cover("services/unit-desk/tests/test_webhooks.py", "it carries what receivers get"),
    "unit_desk/webhook_notices.py": Cover(
        "services/unit-desk/tests/test_webhooks.py", "what receivers get is made here"
    ),
    "unit_desk/settings.py": Cover("services/unit-desk/tests/test_main.py", "a process reads them"),
    "unit_desk/handlers/api_problems.py": Cover("services/unit-desk/tests/test_api.py", "wrong requests end there"),
    "unit_desk/key_commands.py": Cover("services/unit-desk/tests/test_main.py", "commands as processes", "unit_desk"),
    "unit_desk/shapes.py": Cover("services/unit-desk/tests/test_openapi.py", "types: answers are held to them"),
    "unit_desk/commands.py": Cover("services/unit-desk/tests/test_main.py", "each command as a process", "unit_desk"),
    "unit_desk/handlers/work.py": Cover("services/unit-desk/tests/test_pages.py", "lists are read as pages"),
    "unit_desk/handlers/acting.py": Cover("services/unit-desk/tests/test_pages.py", "a form is filled in and sent"),
    "unit_desk/handlers/approving.py": Cover(
        "services/unit-desk/tests/test_approvals.py", "agreed to, given back, taken back"
    ),
    "unit_desk/handlers/complaint.py": Cover("services/unit-desk/tests/test_pages.py", "the page of a complaint"),
    "unit_desk/handlers/problems.py": Cover("services/unit-desk/tests/test_entry.py", "each wrong way in ends there"),
    "unit_desk/handlers/staff.py": Cover("services/unit-desk/tests/test_entry.py", "who is invited comes in"),
    "unit_desk/handlers/visit.py": Cover("services/unit-desk/tests/test_entry.py", "each page is one of a visit"),
    "sla_monitor/app.py": Cover("tests/pipeline/test_pipeline.py", _WIRING),
    "sla_monitor/pauses.py": Cover("services/sla-monitor/tests/test_silence_and_pauses.py", _FLOW),
    "sla_monitor/state.py": Cover("services/sla-monitor/tests/test_clock.py", "what is kept between two steps"),
    "testing/pictures.py": Cover("intake/tests/test_decoder.py", _TOOL),
    "testing/bench/": Cover("testing/tests/test_bench.py", "measures on servers of its own", '"bench"'),
    "testing/browsers.py": Cover("services/intake-web/tests/test_states.py", _TOOL),
    "testing/channel_contract.py": Cover("services/intake-sms/tests/test_contract.py", _TOOL),
    "testing/events.py": Cover("services/router/tests/router_office.py", _TOOL),
    "testing/fakes.py": Cover("services/router/tests/router_office.py", _TOOL),
    "testing/fixtures.py": Cover("chassis/tests/conftest.py", _TOOL),
    "testing/kannel.py": Cover("services/intake-sms/tests/test_end_to_end.py", _TOOL),
    "testing/mail.py": Cover("intake/tests/test_smtp.py", _TOOL),
    "testing/notices.py": Cover("services/intake-sms/tests/test_app.py", _TOOL),
    "testing/otlp.py": Cover("chassis/tests/test_tracing.py", _TOOL),
    "testing/extra_process.py": Cover("tests/e2e/test_two_processes.py", _TOOL),
    "testing/servers.py": Cover("chassis/tests/conftest.py", _TOOL),
    "testing/standins.py": Cover("deploy/local/tests/test_standins.py", _TOOL),
    "testing/suite/": Cover("tests/architecture/test_suite.py", "small suites are run with it", "-ptesting.suite."),
    "testing/waiting.py": Cover("chassis/tests/test_processor.py", _TOOL),
}


@cache
def _sources() -> dict[str, Path]:
    """Return all modules, by their path below ``src``."""
    found = [path for part in PARTS for path in sorted(ROOT.glob(f"{part}/src/**/*.py"))]
    return {str(path).rpartition("/src/")[2]: path for path in found}


def _has_own(module: str) -> bool:
    path = _sources()[module]
    tests = Path(str(path).rpartition("/src/")[0], "tests")
    folders, name = Path(module).parent.parts[1:], f"test_{path.name.replace('__', '')}"
    return (tests / name).exists() or (tests.joinpath(*folders) / name).exists()


def _untested() -> list[str]:
    long = [module for module, path in _sources().items() if len(path.read_text().splitlines()) > LONG]
    return [module for module in long if not _has_own(module)]


def _within(entry: str, module: str) -> bool:
    return module == entry or (entry.endswith("/") and module.startswith(entry))


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the modules that ``path`` imports, as paths below ``src``; for a helper beside a test, its name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return frozenset(f"{name.replace('.', '/')}.py" for name in names)


def _reaches(test: Path, entry: str) -> bool:
    """Whether ``test``, or a helper or conftest beside it, imports ``entry`` or an importer of it."""
    beside = [path for path in test.parent.glob("*.py") if path.name in _imports(test) or path.name == "conftest.py"]
    direct = frozenset[str]().union(*(_imports(path) for path in (test, *beside)))
    second = frozenset[str]().union(*(_imports(_sources()[name]) for name in direct if name in _sources()))
    return any(_within(entry, module) for module in direct | second)


def test_a_long_module_has_its_test_file_or_is_in_the_list() -> None:
    listed = tuple(COVERED)

    assert len(_sources()) > 150
    assert [] == [module for module in _untested() if not any(_within(entry, module) for entry in listed)]


def test_the_list_names_nothing_that_is_short_or_gone_or_has_its_test_file() -> None:
    untested = _untested()

    assert [] == [entry for entry in COVERED if not any(_within(entry, module) for module in untested)]


@pytest.mark.parametrize("entry", COVERED)
def test_listed_test_file_imports_or_runs_its_module(entry: str) -> None:
    cover = COVERED[entry]
    test = ROOT / cover.test

    assert cover.runs in test.read_text()
    assert bool(cover.runs) is not _reaches(test, entry)
