"""What brokers of licences, databases and logins got wrong over the years, each as a test by the name of what must hold."""

import os
import signal
import socket
import threading
import time

import pytest

from events import eventually
from wire import Wire
from world import tenant


def test_clean_closes_below_the_limit_are_never_refused(lab):
    lab = lab().serve()
    faults = []

    def short_sessions():
        try:
            with Wire(str(lab.world.socket)) as wire:
                for _ in range(500):
                    session = wire.call("Acquire", {"tenant": "litware"})["session"]["session"]
                    assert wire.call("Close", {"session": session})["state"] == "closed"
        except BaseException as fault:  # noqa: BLE001, told below
            faults.append(fault)

    threads = [threading.Thread(target=short_sessions) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    stats = lab.stats()
    assert stats["creates"]["answered"] == 1000 and stats["creates"]["refused"] == 0 and stats["live"] == 0


def test_a_release_that_comes_twice_late_or_for_nothing_succeeds_once(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    closing = [lab.world.start_usher("close", session) for _ in range(5)]
    assert [command.result().status for command in closing] == [0] * 5
    assert lab.world.usher("close", session).status == 0, "long after"
    other = lab.world.open("litware")
    (shell,) = lab.stats()["shells"]
    lab.order("reap", shell=shell["id"])
    assert lab.world.usher("close", other).status == 0, "the tenant was first"
    lab.settles_at(0)


@pytest.mark.parametrize("step", ["discovery", "challenge", "token", "Create", "PoolReceive"])
def test_each_failed_step_on_the_way_gives_its_seat_back(lab, step):
    lab = lab().serve(sessions_per_admin=1)
    for _ in range(3):
        lab.trouble(step, "html")
        assert lab.world.usher("open", "litware", "--detach").status == 69
        # Of a Create a shell may still come where somebody in between gave the answer.
        lab.settles_at(0, within=45 if step == "Create" else 5)
    assert lab.world.usher("open", "litware", "--detach").status == 0


def test_refusing_and_releasing_do_not_depend_on_the_quota(empty_world):
    world = empty_world.configure(tenant(per_admin=2), waiting_max=1, connections_per_user=8).start().world
    first, _ = world.open(), world.open()
    waiting = world.start_usher("open", "seats", "--detach", "--wait", "60s")
    eventually("the line to be full", lambda: world.status()["waiting"] == 1)
    assert world.usher("open", "seats").status == 75
    assert world.usher("open", "seats", "--wait", "1s").status == 75
    assert world.usher("close", first).status == 0
    assert waiting.result().status == 0
    # With the doorway full, whoever is inside can still end his.
    inside = Wire(str(world.socket))
    outside = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    for connection in outside:
        connection.connect(str(world.socket))
    assert inside.call("Close", {"session": world_session(inside)})["state"] == "closed"
    for connection in outside:
        connection.close()


def world_session(wire):
    return wire.call("ListSessions")["sessions"][0]["session"]


def test_coming_back_never_takes_a_second_seat(lab):
    lab = lab().serve()
    holding = lab.world.start_usher("hold", "litware", "--", "sleep", "600")
    eventually("a session", lambda: [held["state"] for held in lab.world.sessions()] == ["ready"])
    for _ in range(5):
        lab.world.restart()
        eventually("hold to be back", lambda: [held["lease"] for held in lab.world.sessions()] == ["connection"])
    assert lab.stats()["creates"]["received"] == 1
    holding.kill()
    lab.settles_at(0)


def test_a_close_that_fails_is_tried_again_and_logged_and_hides_no_result(lab):
    lab = lab().serve()
    fault = {"code": 2150858770, "subcode": "w:InternalError", "text": "busy"}
    for _ in range(2):
        lab.trouble("Delete", "fault", **fault)
    held = lab.world.usher("hold", "litware", "--", "sh", "-c", "echo done; exit 3")
    assert held.status == 3 and "done" in held.output
    lab.settles_at(0)
    lab.world.daemon.logged("has not confirmed the end")
    assert lab.stats()["deletes"] == 1


def test_the_idle_clock_stands_while_something_runs(lab):
    lab = lab().serve(idle_timeout="1s")
    session = lab.world.open("litware")
    assert lab.world.usher("run", session, "--", "Start-LabSleep", "-Seconds", "3").status == 0
    # And goes on from the end, not from the beginning.
    assert lab.world.session(session)["state"] == "ready"
    eventually("the idle rule", lambda: lab.world.session(session).get("reason") == "idleTimeout")


def test_reclaiming_leaves_nothing_locked_and_nothing_paused(lab):
    lab = lab().serve()
    for _ in range(3):
        lab.world.open("litware")
    assert lab.world.usher("reclaim", "--tenant", "litware", "--yes").status == 0
    lab.settles_at(0)
    assert lab.world.status()["state"] == "running"
    assert [lab.world.usher("open", "litware", "--detach").status for _ in range(4)] == [0, 0, 0, 75]


def test_a_stale_socket_or_a_daemon_that_stands_still_ends_within_the_commands_own_deadline(world):
    with world.daemon.halted():
        begun = time.monotonic()
        assert world.usher("status").status == 69
        assert time.monotonic() - begun < 15
    stale = world.directory / "stale.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(stale))
    begun = time.monotonic()
    told = world.usher("status", "--socket", str(stale))
    assert told.status == 69 and "Hint" in told.errors
    assert time.monotonic() - begun < 5


def test_every_end_has_its_reason(lab):
    """Those that people meet; the rest are in the rules' own tests."""
    lab = lab("--sessions-per-admin", "20").serve(sessions_per_admin=20, sessions_per_organization=20)
    world = lab.world
    ends = {}
    ends["closed"] = world.open("litware")
    world.usher("close", ends["closed"])
    holding = world.start_usher("hold", "litware", "--", "sleep", "600")
    eventually("hold", lambda: [held["state"] for held in world.sessions()] == ["ready"])
    ends["clientLeft"] = world.sessions()[0]["session"]
    os.kill(holding.pid, signal.SIGKILL)
    eventually("its end", lambda: not world.sessions())
    ends["tenantClosed"] = world.open("litware")
    lab.order("reap", shell=lab.stats()["shells"][0]["id"])
    eventually("its end", lambda: not world.sessions())
    ends["reclaimed"] = world.open("litware")
    world.usher("reclaim", "--tenant", "litware", "--yes")
    ends["locked"] = world.open("litware")
    world.usher("lock", "litware", "--message", "x", "--cut")
    eventually("its end", lambda: not world.sessions())
    world.usher("unlock", "litware")
    lab.trouble("Create", "html")
    world.usher("open", "litware")
    lab.settles_at(0, within=45)
    ends["openFailed"] = world.sessions(ended=True)[-1]["session"]
    ends["shutdown"] = world.open("litware")
    world.usher("drain", "--force")
    told = {session: world.session(session)["reason"] for session in ends.values()}
    assert told == {session: reason for reason, session in ends.items()}
    assert all(world.session(session)["endedAt"] for session in ends.values())
