"""usherd stops, or dies at the worst moment, and comes back: what idled is adopted, what nobody knows of is ended at the tenant."""

import fcntl
import os

import pytest

from events import eventually


def stop(world):
    assert world.daemon.terminate() == 0


def kill(world):
    world.daemon.kill()


def back(lab):
    lab.world.start()
    return lab


def script(lab, session, text):
    told = lab.world.usher("run", session, "--script", text)
    assert told.status == 0, told
    return told.output.strip()


# What idled goes on.


@pytest.mark.parametrize("end", [stop, kill])
def test_an_idle_session_is_adopted_with_all_that_is_in_it(lab, end):
    lab = lab("--language", "full").serve()
    session = lab.world.open("litware")
    script(lab, session, "$answer = 42")
    for life in range(3):
        end(lab.world)
        back(lab)
        assert lab.world.session(session)["state"] == "ready"
        assert script(lab, session, "$answer") == "42", f"life {life}"
    stats = lab.stats()
    assert stats["creates"]["answered"] == 1 and stats["live"] == 1 and stats["deletes"] == 0
    assert lab.world.usher("close", session).status == 0
    lab.settles_at(0)


def test_a_client_that_holds_a_session_attaches_again(lab):
    lab = lab().serve()
    holding = lab.world.start_usher("hold", "litware", "--", "sleep", "600")
    eventually("the session", lambda: [held for held in lab.world.sessions() if held["state"] == "ready"])
    kill(lab.world)
    back(lab)
    eventually("hold to be back", lambda: [held["lease"] for held in lab.world.sessions()] == ["connection"])
    assert lab.stats()["creates"]["answered"] == 1
    holding.kill()
    lab.settles_at(0)


def test_a_planned_stop_lets_what_runs_end_and_keeps_its_session(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    running = lab.world.start_usher("run", session, "--", "Start-LabSleep", "-Seconds", "2")
    lab.reaches("command")
    stop(lab.world)
    assert running.result().status == 0, "it was let finish"
    back(lab)
    assert lab.world.session(session)["state"] == "ready"
    assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0
    assert lab.stats()["creates"]["answered"] == 1


def test_a_secret_that_was_given_survives_in_sealed_memory_and_nowhere_else(lab):
    lab = lab().serve(admins=("kenmyer",))
    text = lab.world.config.read_text().replace(', "credential": "litware-kenmyer"', "")
    lab.world.write_configuration(text)
    assert lab.world.usher("reload").status == 0
    password = lab.facts["users"]["kenmyer@litwareinc.com"].encode()
    assert lab.world.usher("login", "litware", input=password + b"\n").status == 0
    session = lab.world.open("litware")
    stored = lab.world.notifications.stored
    eventually("the service manager to have it", lambda: stored)
    ((name, memory),) = stored.items()
    assert name == f"stored-login-{os.getuid()}-litware-kenmyer"
    assert fcntl.fcntl(memory, fcntl.F_GET_SEALS) == 0xF, "nobody can change it any more"
    lab.world.daemon.kill()
    lab.world.start_with_stored()
    # The token that was got with it is gone with the daemon: this asks for a new one.
    assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0
    for place in (lab.world.state, lab.world.daemon.log_path):
        assert password not in place.read_bytes(), place
    # Without the store the session is there, and its user is asked for the secret again.
    lab.world.restart()
    told = lab.world.usher("run", session, "--", "Get-CsTenant")
    assert told.status != 0 and "usher login" in told.errors, told
    assert lab.world.usher("login", "litware", input=password + b"\n").status == 0
    assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0
    assert lab.stats()["creates"]["answered"] == 1


# What nobody knows of is ended.


def test_killed_between_create_and_its_answer_the_seat_stays_taken_until_delete_is_confirmed(lab):
    lab = lab().serve()
    lab.trouble("Create", "delay", by="3s")
    opening = lab.world.start_usher("open", "litware", "--detach")
    lab.reaches("create")
    kill(lab.world)
    assert opening.result().status == 69
    back(lab)
    (held,) = lab.world.sessions()
    assert (held["state"], held["reason"]) == ("unconfirmed", "lostAtRestart")
    others = [lab.world.usher("open", "litware", "--detach") for _ in range(3)]
    assert [told.status for told in others] == [0, 0, 75], "its seat is not given to anybody else"
    lab.settles_at(2)
    stats = lab.stats()
    assert stats["peak"]["tenant"] <= 3 and stats["deletes"] >= 1
    assert lab.world.usher("open", "litware", "--detach").status == 0


def test_killed_while_something_runs_the_session_is_ended_and_time_alone_does_not_free_it(lab):
    lab = lab().serve(idle_timeout="1s", tenant_idle="5s")
    session = lab.world.open("litware")
    running = lab.world.start_usher("run", session, "--", "Start-LabSleep", "-Seconds", "600")
    lab.reaches("command")
    kill(lab.world)
    assert running.result().status != 0
    lab.order("down")
    back(lab)
    held = lab.world.session(session)
    assert (held["state"], held["reason"]) == ("unconfirmed", "lostAtRestart")
    assert "freesInSeconds" not in held, "what runs there keeps it from being forgotten"
    lab.order("up")
    lab.settles_at(0)
    assert lab.stats()["deletes"] == 1


def test_killed_while_closing_the_end_is_asked_for_again(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.trouble("Delete", "hang")
    closing = lab.world.start_usher("close", session)
    lab.reaches("delete")
    kill(lab.world)
    assert closing.result().status == 69
    back(lab)
    lab.settles_at(0)
    assert lab.world.session(session)["reason"] == "closed"


# Answers that are lost.


def test_create_whose_answer_is_lost_is_not_sent_again(lab):
    lab = lab().serve()
    lab.trouble("Create", "lose")
    told = lab.world.usher("open", "litware", "--detach")
    assert told.status == 69 and "connection broke" in told.errors
    lab.settles_at(0)
    assert lab.stats()["creates"]["received"] == 1 and lab.stats()["peak"]["tenant"] == 1


def test_delete_whose_answer_is_lost_ends_in_agreement(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.trouble("Delete", "lose")
    told = lab.world.usher("close", session)
    assert told.status == 0 and ("unconfirmed" in told.errors or "closed" in told.errors), told
    lab.settles_at(0)
    assert lab.world.session(session)["reason"] == "closed"


def test_command_whose_answer_is_lost_ran_at_most_once_and_that_is_said(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.trouble("Command", "lose")
    told = lab.world.usher("run", session, "--", "Set-LabMark", "-Identity", "x", "-Token", "once")
    assert told.status == 69 and "may have run" in told.errors, told
    lab.settles_at(0)
    executions = [entry for entry in lab.stats()["executions"] if entry["token"] == "once"]
    assert sum(entry["count"] for entry in executions) <= 1
