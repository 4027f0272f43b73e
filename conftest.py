"""Settings of all tests: packages are imported before pytest finds folders of the same name, and examples are fixed."""

import gc

import pytest
from hypothesis import HealthCheck, Phase, settings

import contracts  # noqa: F401
import intake  # noqa: F401
import kabupaten  # noqa: F401
import look  # noqa: F401
from chassis.logs import JsonFormatter

# Tests that several folders import: pytest explains the failed assertions of test files by itself, but not of these.
pytest.register_assert_rewrite("testing.channel_contract")

# Imported objects never die, so collecting garbage while importing is wasted work (see ``gc.freeze``).
gc.disable()

# Every run draws the same examples, and a busy machine is not a failure; ``--hypothesis-profile=search`` draws more.
# Without Phase.explain, which traces each line to explain a failure and takes several times as long as the tests.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=20_000)
settings.load_profile("steady")

pytest_plugins = (
    "testing.suite.dealing",
    "testing.suite.tiers",
    "testing.suite.telling",
    "testing.suite.limits",
    "testing.suite.ending",
    "testing.suite.cost",
    "testing.suite.leaks",
    "testing.suite.authorities",
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print all fields of the log records of a failed test: they say what went wrong, the event's name does not."""
    session.config.pluginmanager.get_plugin("logging-plugin").report_handler.setFormatter(JsonFormatter("test"))


def pytest_collection_finish() -> None:
    """Exempt all tests and their imports from garbage collection: it would scan them again and again."""
    gc.freeze()
    gc.enable()
