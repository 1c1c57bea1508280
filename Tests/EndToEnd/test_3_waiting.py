"""Waiting is asked for, shows where one stands, and is fair."""

import contextlib
import os
import re
import statistics
import threading
import time

import pytest

from events import eventually
from wire import Refused
from world import tenant

ME = [os.getuid()]
FAIRNESS_SECONDS = float(os.environ.get("USHER_FAIRNESS_SECONDS", "6"))


@pytest.fixture
def full(empty_world):
    """One seat, taken by somebody for a purpose."""
    empty_world.configure(tenant(per_admin=1)).start()
    empty_world.seat = empty_world.open("seats", "--purpose", "nightly sync")
    return empty_world


def waiting(world, count=1):
    eventually(f"{count} in line", lambda: world.status()["waiting"] == count)


def test_a_waiter_is_shown_position_and_holders_and_gets_the_seat_that_is_closed(full):
    waiter = full.start_usher("open", "seats", "--detach", "--wait", "20s")
    waiting(full)
    assert full.usher("close", full.seat).status == 0
    result = waiter.result()
    assert result.status == 0
    assert full.session(result.output.strip())["state"] == "ready"
    first, holder = result.errors.splitlines()[:2]
    assert re.match(r"Waiting \d+s more for seats: next in the queue", first), first
    assert full.seat in holder and "nightly sync" in holder


def test_a_wait_that_runs_out_exits_75_at_its_time_and_is_never_left_in_silence(full):
    start = time.monotonic()
    waiter = full.start_usher("open", "seats", "--wait", "20s")
    waiting(full)
    # Beside it one whose replies we see: something is said every 15 s at least, because clients give up on silence.
    told = []
    with pytest.raises(Refused) as refused:
        for reply in full.wire().stream("Acquire", {"tenant": "seats", "waitSeconds": 17}, within=20):
            told.append(time.monotonic())
            assert reply["position"] == 2
            assert [holder["session"] for holder in reply["holders"]] == [full.seat]
    assert refused.value.name == "WaitTimeout"
    assert refused.value.facts["waitedSeconds"] == 17
    assert len(told) == 2 and 14 < told[1] - told[0] < 16

    result = waiter.result()
    took = time.monotonic() - start
    assert result.status == 75
    assert 19.5 <= took <= 22, f"waited {took:.1f} s"
    error = next(line for line in result.errors.splitlines() if line.startswith("Error:"))
    assert error == "Error: No seat in 20s: desk holds 1 of 1 session on seats (sessions_per_admin)."
    assert full.status()["waiting"] == 0


def test_a_short_wait_runs_out_with_the_facts_of_a_refusal(full):
    result = full.usher("open", "seats", "--wait", "1s", "--format", "json")
    assert result.status == 75
    assert result.error["code"] == "WaitTimeout"
    assert result.error["waitedSeconds"] == 1
    assert [holder["session"] for holder in result.error["holders"]] == [full.seat]


def test_ctrl_c_leaves_the_line_with_130(full):
    waiter = full.start_usher("open", "seats", "--wait", "10m")
    waiting(full)
    waiter.interrupt()
    result = waiter.result(within=5)
    assert result.status == 130
    assert result.output == ""
    waiting(full, 0)


def test_hold_waits_too_and_ctrl_c_leaves_the_line(full):
    waiter = full.start_usher("hold", "seats", "--wait", "10m", "--", "true")
    waiting(full)
    waiter.interrupt()
    assert waiter.result(within=5).status == 130
    waiting(full, 0)


def test_positions_move_up_when_somebody_leaves(full):
    wires = [full.wire() for _ in range(3)]
    for place, wire in enumerate(wires, 1):
        wire.send("Acquire", {"tenant": "seats", "waitSeconds": 60}, more=True)
        assert wire.receive()["parameters"]["position"] == place
    wires[0].close()
    assert wires[1].receive()["parameters"]["position"] == 1
    assert wires[2].receive()["parameters"]["position"] == 2
    full.usher("close", full.seat)
    assert wires[1].receive()["parameters"]["session"]["state"] == "ready"


def test_a_waiter_that_closed_its_sending_half_still_gets_its_seat(full):
    wire = full.wire()
    wire.send("Acquire", {"tenant": "seats", "waitSeconds": 60}, more=True)
    wire.receive()
    wire.socket.shutdown(1)
    full.usher("close", full.seat)
    assert wire.receive()["parameters"]["session"]["state"] == "ready"
    # Then its lease is over, because nothing can be asked on this connection any more.
    assert wire.is_closed()
    full.settles_at(0)


def test_a_waiter_that_half_closes_and_dies_leaves_the_line(full):
    wire = full.wire()
    wire.send("Acquire", {"tenant": "seats", "waitSeconds": 60}, more=True)
    wire.receive()
    wire.socket.shutdown(1)
    wire.close()
    eventually("nobody in line", lambda: full.status()["waiting"] == 0, within=2)


def test_the_line_is_bounded_for_each_user_and_tenant(empty_world):
    empty_world.configure(
        tenant("one", 1), tenant("two", 1), waiting_max=2, waiting_max_per_user=3
    ).start()  # fmt: skip
    for name in ("one", "two"):
        empty_world.open(name)
    places = [("one", None), ("one", None), ("one", "waiting_max"), ("two", None), ("two", "waiting_max_per_user")]
    for name, limit in places:
        wire = empty_world.wire()
        wire.send("Acquire", {"tenant": name, "waitSeconds": 60}, more=True)
        if limit is None:
            assert "position" in wire.result()
            continue
        with pytest.raises(Refused) as refused:
            wire.result()
        assert (refused.value.name, refused.value.facts["setting"]) == ("TooManyRequests", limit)
    result = empty_world.usher("open", "one", "--wait", "1m")
    assert result.status == 75 and "(waiting_max)" in result.errors


def test_a_wait_longer_than_allowed_is_refused_at_once(full):
    result = full.usher("open", "seats", "--wait", "2h")
    assert result.status == 65
    assert "(wait_max)" in result.errors


def test_a_waiter_survives_a_restart_of_the_daemon(full):
    waiter = full.start_usher("open", "seats", "--detach", "--wait", "1m")
    waiting(full)
    full.restart()
    waiting(full)
    full.usher("close", full.seat)
    result = waiter.result()
    assert result.status == 0
    assert "usherd went away; asking again when it is back." in result.errors
    full.settles_at(1)


class Asker(threading.Thread):
    """Takes a seat, keeps it for a moment, gives it back, and at once asks again."""

    KEEPS = 0.005

    def __init__(self, world, admin, until):
        super().__init__()
        self.world, self.admin, self.until = world, admin, until
        self.waits = []
        self.trouble = None

    def run(self):
        try:
            with contextlib.closing(self.world.wire()) as wire:
                while time.monotonic() < self.until:
                    self.take(wire)
        except Exception as error:
            self.trouble = error

    def take(self, wire):
        asked = time.monotonic()
        replies = wire.stream("Acquire", {"tenant": "seats", "admin": self.admin, "waitSeconds": 60}, within=30)
        for reply in replies:
            session = reply.get("session")
        self.waits.append(time.monotonic() - asked)
        # Not a wait for anything: this is the work that the seat is for.
        time.sleep(self.KEEPS)
        wire.call("Close", {"session": session["session"]})


def test_one_who_asks_ten_times_as_often_starves_nobody(empty_world, figure):
    askers_of = {"greedy": 10, "ken": 1, "pilar": 1}
    admins = {name: ME for name in askers_of}
    # Two seats for three who want one all the time.
    empty_world.configure(tenant("seats", 2, 2, admins), waiting_max=64, waiting_max_per_user=64).start()
    until = time.monotonic() + FAIRNESS_SECONDS
    askers = [Asker(empty_world, name, until) for name, count in askers_of.items() for _ in range(count)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(FAIRNESS_SECONDS + 30)
    assert [asker.trouble for asker in askers if asker.trouble] == []

    served, longest, median = {}, {}, {}
    for name in askers_of:
        waits = [wait for asker in askers if asker.admin == name for wait in asker.waits]
        served[name], longest[name] = len(waits), max(waits) * 1000
        median[name] = statistics.median(waits) * 1000
    figure(f"seats given out in {FAIRNESS_SECONDS:g} s, two at a time, kept for {Asker.KEEPS * 1000:g} ms:")
    for name, count in askers_of.items():
        figure(
            f"  {name:7} {count:2} asking: {served[name]:5} served, "
            f"waited {median[name]:6.1f} ms in the median, {longest[name]:6.1f} ms at the longest"
        )
    share = min(served["ken"], served["pilar"]) / (sum(served.values()) / 3)
    figure(f"  who was served least got {share:.0%} of an even third of all seats")
    # Each light one waits for the seat that frees next, the greedy ones for all of their own before them.
    assert share > 0.5
    assert max(median["ken"], median["pilar"]) < median["greedy"]
    assert max(longest["ken"], longest["pilar"]) < longest["greedy"] * 2
    assert empty_world.seats_at_once() == {"seats": 2}
