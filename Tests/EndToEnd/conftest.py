"""What every end-to-end test gets: a world of its own, gone afterwards."""

import os

import pytest

from lab import USHER_LAB, Lab
from world import USHER, USHERD, World

# A check that cannot be made here is skipped, and where the checks have to be complete that is a failure.
MUST_BE_COMPLETE = os.environ.get("USHER_CI") == "1"


def pytest_configure(config):
    for program in (USHERD, USHER, USHER_LAB):
        if not os.access(program, os.X_OK):
            raise pytest.UsageError(
                f"{program} is not there: build it, or name another by USHERD, USHER and USHER_LAB"
            )


def pytest_terminal_summary(terminalreporter):
    """What was measured on the way, because a test that passes says nothing."""
    figures = [
        line
        for report in terminalreporter.getreports("passed")
        for what, line in report.user_properties
        if what == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture
def figure(request):
    """Notes a line for the end of the run."""
    # With the report of its test, which is all that comes back from another process.
    return lambda line: request.node.user_properties.append(("figure", line))


@pytest.fixture
def empty_world():
    """A world without a configuration."""
    world = World()
    yield world
    world.close()


@pytest.fixture
def world(empty_world):
    """A world with one tenant, `seats`, three to an admin, and its daemon."""
    empty_world.configure().start()
    return empty_world


@pytest.fixture
def lab(empty_world):
    """Starts a lab with the options given, in a world whose daemon is still to be started (`serve`)."""
    return lambda *options: Lab(empty_world, *options)


@pytest.fixture
def litware(lab):
    """A lab as it comes, and a daemon that serves it as the tenant litware."""
    return lab().serve()


@pytest.fixture
def not_run():
    """Says that a check could not be made, and why."""

    def skip(reason):
        if MUST_BE_COMPLETE:
            pytest.fail(f"NOT RUN: {reason}")
        pytest.skip(f"NOT RUN: {reason}")

    return skip


@pytest.fixture
def as_root(not_run):
    if os.geteuid() != 0:
        not_run("only root can make users and mount file systems")
