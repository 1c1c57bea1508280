"""What those see who watch the broker: its metrics, by a parser that is not ours, and the screen of `usher top`."""

import collections

import pytest
from prometheus_client.parser import text_string_to_metric_families

from events import eventually
from terminal import Terminal
from world import tenant


class Metrics:
    """The metrics as a monitoring system reads them."""

    def __init__(self, world):
        told = world.usher("metrics")
        assert told.status == 0 and told.errors == "", told
        self.families = {family.name: family for family in text_string_to_metric_families(told.output)}

    def __getitem__(self, name):
        return self.value(name)

    def value(self, name, **labels):
        samples = [sample for family in self.families.values() for sample in family.samples if sample.name == name]
        fitting = [sample.value for sample in samples if labels.items() <= sample.labels.items()]
        assert len(fitting) <= 1 or not labels, f"{name} {labels} is there {len(fitting)} times"
        return sum(fitting)


def test_each_metric_says_what_it_is_and_is_there_once(world):
    world.open()
    families = Metrics(world).families.values()
    assert all(family.documentation and family.type in ("gauge", "counter", "histogram") for family in families)
    seen = collections.Counter((sample.name, *sorted(sample.labels.items()))
                               for family in families for sample in family.samples)
    assert max(seen.values()) == 1


def test_sessions_that_began_are_those_that_ended_and_those_that_are_there(world):
    for _ in range(3):
        world.open()
    assert world.usher("open", "seats").status == 75
    assert world.usher("open", "nowhere").status == 64
    world.usher("close", "--mine")
    world.open()

    def told():
        metrics = Metrics(world)
        began, ended = metrics["usher_sessions_began_total"], metrics["usher_sessions_ended_total"]
        return metrics if (began, ended) == (4, 3) else None

    metrics = eventually("the journal has all", told)
    assert metrics.value("usher_sessions_ended_total", reason="closed") == 3
    assert metrics.value("usher_sessions", tenant="seats", state="ready") == 1
    assert metrics.value("usher_refusals_total", tenant="seats", error="QuotaExceeded") == 1
    assert metrics["usher_refusals_total"] == 1, "a tenant that nobody configured is no label"
    assert metrics.value("usher_acquire_seconds_count", tenant="seats") == 4
    assert metrics.value("usher_acquire_seconds_bucket", tenant="seats", le="+Inf") == 4
    assert 0 < metrics.value("usher_acquire_seconds_sum", tenant="seats") < 20


def test_limits_waiters_locks_and_states_are_told(empty_world):
    empty_world.configure(tenant(per_admin=1, organization=5)).start()
    empty_world.open()
    waiter = empty_world.start_usher("open", "seats", "--wait", "1m")
    eventually("one waits", lambda: Metrics(empty_world).value("usher_waiting", tenant="seats") == 1)
    metrics = Metrics(empty_world)
    assert metrics.value("usher_seats_limit", tenant="seats", scope="admin") == 1
    assert metrics.value("usher_seats_limit", tenant="seats", scope="organization") == 5
    assert metrics["usher_seats_in_use"] == 1
    assert metrics.value("usher_state", state="running") == 1 and metrics["usher_state"] == 1
    assert metrics["usher_grants_blocked"] == 0
    assert metrics["usher_connections"] == 2
    assert metrics.value("usher_info", version=empty_world.status()["version"]) == 1
    waiter.interrupt()
    assert waiter.result().status == 130

    assert empty_world.usher("lock", "seats", "--message", "moving", "--for", "10m").status == 0
    assert Metrics(empty_world).value("usher_tenant_locked", tenant="seats") == 1
    item = empty_world.usher("tenants", "--format", "json").json["items"][0]
    assert item["locked"] == "moving" and 590 < item["lockedForSeconds"] <= 600
    assert "moving, for " in empty_world.usher("tenants").output
    assert empty_world.usher("unlock", "seats").status == 0
    assert "locked" not in empty_world.usher("tenants", "--format", "json").json["items"][0]


def test_pipelines_count_as_grants_where_they_get_a_session(lab):
    litware = lab().serve()
    assert litware.world.usher("run", "litware", "--", "Get-CsTenant").status == 0
    assert Metrics(litware.world).value("usher_acquire_seconds_count", tenant="litware") == 1


def test_top_away_from_a_terminal_is_one_screen(world):
    session = world.open("seats", "--purpose", "nightly sync")
    told = world.usher("top")
    assert told.status == 0 and told.errors == ""
    assert told.output.startswith(f"usherd {world.status()['version']}: running · 1 session · up ")
    assert "\x1b" not in told.output
    assert [line for line in told.output.splitlines() if session in line and "nightly sync" in line]


def test_top_shows_what_changes_until_q(world):
    top = Terminal(world, "top")
    top.read_until("0 sessions")
    session = world.open("seats", "--purpose", "nightly sync")
    top.read_until("1 session ")
    top.read_until(f"{session}[^\r\n]*nightly sync")
    world.usher("close", session)
    top.read_until("0 sessions")
    top.type("q")
    assert top.ends_with(0).endswith("\x1b[?7h\x1b[?25h\x1b[?1049l"), "the screen from before is back"


def test_top_outlives_a_restart_of_the_broker(world):
    top = Terminal(world, "top")
    top.read_until("0 sessions")
    world.daemon.kill()
    top.read_until("usherd went away; asking again")
    world.start()
    session = world.open()
    top.read_until(session)
    top.type("\x03")
    assert top.ends_with(130).endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")


@pytest.mark.parametrize("height", [3, 10])
def test_top_shows_as_much_as_there_is_room_for(empty_world, height):
    empty_world.configure(tenant(per_admin=9, organization=9)).start()
    for _ in range(9):
        empty_world.open()
    top = Terminal(empty_world, "top", size=(height, 80))
    seen = top.read_until(r"\d+ more lines")
    assert seen.count("\n") == height - 1, seen
    top.type("q")
    top.ends_with(0)


def test_top_says_what_is_wrong_before_it_takes_the_screen(empty_world):
    top = Terminal(empty_world, "top")
    said = top.ends_with(69)
    assert "Could not reach usherd" in said and "\x1b[?1049h" not in said
