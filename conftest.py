"""For every test: packages are known before pytest meets the folders of the same name; examples are the same."""

import gc

import pytest
from hypothesis import HealthCheck, Phase, settings

import contracts  # noqa: F401
import intake  # noqa: F401
import kabupaten  # noqa: F401
import look  # noqa: F401
from chassis.logs import JsonFormatter

# Nothing of what is imported dies: the garbage collector would look at it again and again (see ``gc.freeze``).
gc.disable()

# The same examples in every run, and a busy machine is no failure; ``--hypothesis-profile=search`` looks further.
# Nor is each line traced that they run, to explain a failure: that takes several times as long as the tests.
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
    "testing.suite.telling",
    "testing.suite.limits",
    "testing.suite.ending",
    "testing.suite.cost",
    "testing.suite.authorities",
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print with a failed test all that was logged: what went wrong stands in the fields, not in an event's name."""
    session.config.pluginmanager.get_plugin("logging-plugin").report_handler.setFormatter(JsonFormatter("test"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all tests and what they import: it would look at them again and again."""
    gc.freeze()
    gc.enable()
