"""What others hold, what is left over, and what operators do about it, against a tenant that says what it has."""

import json
import os
import sqlite3

import pytest

from events import eventually
from wire import Refused


def opened(lab, *options):
    return lab.world.usher("open", "litware", "--detach", *options)


def reclaim(lab, *options):
    return lab.world.usher("reclaim", *options, "--format", "json")


def items(result):
    assert result.status == 0, result
    return result.json["items"]


def journal(lab, where, count=1):
    """Rows of the journal's events, which nobody waits for."""
    return eventually(
        f"{count} rows where {where}",
        lambda: [rows for rows in [lab.world.query(f"SELECT * FROM events WHERE {where}")] if len(rows) >= count],
    )[0]


# Foreign shells.


def test_shells_of_others_are_refused_for_with_names_before_anything_is_asked_for(lab):
    lab = lab("--over-limit", "hang").serve()
    lab.order("foreign", admin="kenmyer", open=3)
    refused = opened(lab)
    assert refused.status == 75, refused
    assert "kenmyer holds 3 of 3 sessions on litware" in refused.errors
    assert refused.errors.count("opened outside") == 3 and "127.0.0.1" in refused.errors
    assert lab.stats()["creates"]["received"] == 0, "it would have hung"
    assert lab.world.sessions() == []
    # In a program's words.
    error = lab.world.usher("open", "litware", "--format", "json").error
    holders = error["holders"]
    assert [holder["state"] for holder in holders] == ["foreign"] * 3
    assert {holder["owner"] for holder in holders} == {"kenmyer@litwareinc.com"}
    listed = lab.world.usher("list", "--all", "--format", "json")
    assert [item["state"] for item in items(listed) if item["state"] != "closed"] == ["foreign"] * 3
    assert lab.world.usher("list", "--all").output.count("WinRM") == 3


def test_whoever_waits_gets_the_seat_when_others_leave(lab):
    lab = lab().serve()
    lab.order("foreign", admin="kenmyer", open=3)
    waiting = lab.world.start_usher("open", "litware", "--detach", "--wait", "60s")
    eventually("somebody in line", lambda: lab.world.status()["waiting"] == 1)
    lab.order("foreign", admin="kenmyer", close="all")
    assert waiting.result().status == 0


def test_foreign_shells_are_named_and_then_ended_for_an_operator(lab):
    lab = lab().serve()
    mine = lab.world.open("litware")
    lab.order("foreign", admin="kenmyer", open=2)
    would = items(reclaim(lab, "--foreign", "--tenant", "litware", "--dry-run"))
    assert [(item["result"], item["state"]) for item in would] == [("would be reclaimed", "foreign")] * 2
    assert lab.stats()["live"] == 3
    done = items(reclaim(lab, "--foreign", "--tenant", "litware", "--yes"))
    assert [item["result"] for item in done] == ["reclaimed"] * 2
    assert lab.stats()["live"] == 1 and lab.world.session(mine)["state"] == "ready", "ours is no foreign one"
    assert len(journal(lab, "event = 'foreign ended' AND actor IS NOT NULL", 2)) == 2


def test_the_usher_of_another_host_is_left_alone(lab):
    lab = lab("--sessions-per-admin", "10").serve()
    session = lab.world.open("litware")
    # As if that host's books were ours: its shell is named for another host.
    lab.world.daemon.terminate()
    with sqlite3.connect(lab.world.state) as state:
        state.execute("DELETE FROM sessions")
    lab.world.start(wrapper=["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$0" "$@"'])
    kept = items(reclaim(lab, "--foreign", "--tenant", "litware", "--yes"))
    assert [item["result"] for item in kept] == ["kept"] and "on its books" in kept[0]["why"]
    assert lab.stats()["live"] == 1
    assert lab.world.session(session) is None


def test_a_shell_of_ours_that_the_books_lost_is_found(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.world.daemon.terminate()
    with sqlite3.connect(lab.world.state) as state:
        state.execute("DELETE FROM sessions")
    lab.world.start()
    doctor = lab.world.usher("doctor", "litware")
    assert doctor.status == 1 and f"{session} is at the tenant and not on the books" in doctor.output, doctor
    assert [item["result"] for item in items(reclaim(lab, "--foreign", "--tenant", "litware", "--yes"))] == ["reclaimed"]
    assert lab.stats()["live"] == 0
    assert lab.world.usher("doctor", "litware").status == 0


def test_a_lower_limit_of_the_tenant_is_learned_and_honoured(lab):
    lab = lab("--sessions-per-admin", "2").serve()
    assert [opened(lab).status for _ in range(3)] == [0, 0, 75]
    received = lab.stats()["creates"]["received"]
    again = opened(lab)
    assert again.status == 75 and "2 of 2" in again.errors and "the tenant's own limit" in again.errors
    assert lab.stats()["creates"]["received"] == received, "nothing is asked for in vain"
    assert "sessions_per_admin" in lab.world.usher("doctor").output


def test_a_session_that_the_tenant_lost_ends_with_the_true_reason(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    (shell,) = lab.stats()["shells"]
    # The poll that would have told is away.
    lab.trouble("PoolReceive", "hang", times="every")
    lab.order("reap", shell=shell["id"])
    lab.world.usher("doctor", "litware")
    eventually("the end", lambda: lab.world.session(session)["reason"] == "tenantClosed")


# Our own.


def test_nothing_named_is_nothing_ended(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    told = lab.world.usher("reclaim", "--yes")
    assert told.status == 64 and "Nothing is ended" in told.errors
    with pytest.raises(Refused) as refused:
        lab.world.ask("Reclaim", {"filter": {}})
    assert "InvalidParameter" in str(refused.value)
    assert lab.world.session(session)["state"] == "ready"


def test_what_is_idle_or_orphaned_is_reclaimed_and_the_rest_is_not(lab):
    lab = lab("--sessions-per-admin", "10").serve()
    detached = lab.world.open("litware")
    holding = lab.world.start_usher("hold", "litware", "--", "sleep", "600")
    eventually("two sessions", lambda: [held["state"] for held in lab.world.sessions()] == ["ready", "ready"])
    assert items(reclaim(lab, "--idle", "1h", "--yes")) == []
    (done,) = items(reclaim(lab, "--orphaned", "--yes"))
    assert (done["session"], done["state"], done["reason"]) == (detached, "closed", "reclaimed")
    lab.settles_at(1)
    assert holding.process.poll() is None
    (row,) = journal(lab, "event = 'ordered'")
    assert row["reason"] == "reclaimed" and row["actor"]


def test_an_unconfirmed_seat_is_asked_for_again_or_given_up_by_name(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.order("down")
    lab.world.start_usher("close", session)
    eventually("unconfirmed", lambda: lab.world.session(session)["state"] == "unconfirmed")
    (kept,) = items(reclaim(lab, "--unconfirmed", "--yes"))
    assert kept["result"] == "kept" and kept["freesInSeconds"] > 60, kept
    (done,) = items(reclaim(lab, "--unconfirmed", "--forget", "--yes"))
    assert (done["session"], done["result"]) == (session, "reclaimed")
    assert lab.world.session(session)["reason"] == "forgotten"
    (row,) = journal(lab, "event = 'ordered' AND reason = 'forgotten'")
    assert row["actor_uid"] == os.getuid()


def test_an_unconfirmed_seat_is_free_once_the_tenant_is_back_and_asked(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.order("down")
    lab.world.start_usher("close", session)
    eventually("unconfirmed", lambda: lab.world.session(session)["state"] == "unconfirmed")
    lab.order("up")
    result = items(reclaim(lab, "--unconfirmed", "--yes"))
    # It may have been asked in the meantime.
    assert [item["result"] for item in result] in ([], ["reclaimed"])
    lab.settles_at(0)


# Locks.


def test_a_locked_tenant_says_why_and_a_restart_does_not_open_it(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    assert lab.world.usher("lock", "litware", "--message", "moved on Friday").status == 0
    for _ in range(2):
        refused = opened(lab)
        assert refused.status == 77 and "moved on Friday" in refused.errors
        assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0, "what is there goes on"
        lab.world.restart()
    assert "locked" in lab.world.usher("doctor").output
    assert lab.world.usher("unlock", "litware").status == 0
    assert opened(lab).status == 0
    assert lab.world.usher("lock", "litware", "--message", "now", "--cut", "--for", "1s").status == 0
    lab.settles_at(0)
    assert lab.world.session(session)["reason"] == "locked"
    eventually("the lock to end", lambda: opened(lab).status == 0)


# The journal, for people.


def test_each_session_has_one_beginning_and_one_end_in_the_audit(lab):
    lab = lab().serve()
    following = lab.world.start_usher("events", "--follow", "--format", "jsonl")
    ended = [lab.world.open("litware") for _ in range(3)]
    assert lab.world.usher("close", *ended).status == 0
    live = lab.world.open("litware")
    lab.world.restart()
    events = items(lab.world.usher("audit", "--format", "json"))
    began = [event["session"] for event in events if event["event"] == "began"]
    ends = [event["session"] for event in events if event["event"] == "ended"]
    assert sorted(began) == sorted(ends + [live]) and sorted(ends) == sorted(ended)
    assert {event["reason"] for event in events if event["event"] == "ended"} == {"closed"}
    assert [event["number"] for event in events] == sorted(event["number"] for event in events)
    told = [json.loads(line) for line in following.result().output.splitlines()]
    assert [event["session"] for event in told if event["event"] == "ended"] == ended
    assert items(lab.world.usher("audit", "--since", "2030-01-01T00:00:00Z", "--format", "json")) == []


def test_an_audit_of_many_thousand_events_comes_whole(world):
    for _ in range(700):
        with world.wire() as wire:
            wire.call("Acquire", {"tenant": "seats"})
    eventually("all to be over", lambda: not world.sessions())
    events = items(world.usher("audit", "--format", "json"))
    assert len([event for event in events if event["event"] == "ended"]) == 700
