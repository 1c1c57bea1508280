"""The daemon as its operators and systemd see it: the check of the configuration, signals, notifications, restarts."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from events import eventually
from wire import Refused
from world import COMMAND_PATIENCE, REPOSITORY, USHERD, tenant

# A good configuration with a tenant of shells; faults are put into it.
SHELLS = """\
broker:
  socket: {directory}/broker.sock
  state: {directory}/state/state.sqlite
profiles:
  own: {{sessions_per_admin: 3, idle_timeout: 14m, tenant_idle: 15m}}
tenants:
  litware:
    profile: lync-online-2013
    domain: litwareinc.com
    auth: oauth
    admins:
      kenmyer:
        upn: kenmyer@litwareinc.com
        users: [root]
  other:
    profile: own
    domain: other.example
    auth: basic
    admins:
      ops: {{upn: ops@other.example, users: [root]}}
"""


def check(world, *arguments):
    return subprocess.run(
        [USHERD, "--check", "--config", world.config, *arguments],
        capture_output=True, text=True, timeout=COMMAND_PATIENCE,
    )  # fmt: skip


def test_a_good_configuration_passes_the_check(empty_world):
    empty_world.write_configuration(SHELLS.format(directory=empty_world.directory))
    done = check(empty_world)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 tenants" in done.stdout
    assert not empty_world.socket.exists() and not empty_world.state.exists()


def test_the_check_names_files_that_are_not_there_and_does_not_call_that_a_fault(empty_world):
    text = SHELLS.format(directory=empty_world.directory).replace(
        "    auth: oauth\n", f"    auth: oauth\n    ca_file: {empty_world.directory}/ca.pem\n", 1
    )
    text = text.replace("        users: [root]\n", "        users: [root]\n        credential: ken\n", 1)
    text = text.replace("broker:\n", f"broker:\n  credentials: {empty_world.directory}/secrets\n", 1)
    empty_world.write_configuration(text)
    done = check(empty_world)
    assert done.returncode == 0 and "2 tenants" in done.stdout
    authority, secret = done.stderr.splitlines()
    assert "litware: ca_file" in authority and "ca.pem: No such file or directory" in authority
    assert "litware: no secret for kenmyer" in secret and "/secrets/ken is not there" in secret

    (empty_world.directory / "ca.pem").write_text("")
    (empty_world.directory / "secrets").mkdir()
    (empty_world.directory / "secrets/ken").write_text("Pa55word\n")
    (empty_world.directory / "secrets/ken").chmod(0o644)
    assert "may be read by others" in check(empty_world).stderr
    (empty_world.directory / "secrets/ken").chmod(0o600)
    assert check(empty_world).stderr == ""


FAULTS = [
    ("an unknown key", "    domain: litwareinc.com", "    domian: litwareinc.com", 9,
     "tenants.litware.domian", "Did you mean domain?"),
    ("an unknown section", "profiles:", "profils:", 4, "profils", "Did you mean profiles?"),
    ("a key in the wrong place", "profiles:", "profile:", 4, "profile", "it belongs to a tenant"),
    ("a key of another section", "    auth: oauth", "    auth: oauth\n    slow_reader: 1m", 11,
     "tenants.litware.slow_reader", "belongs to the section broker"),
    ("a duration without a unit", "idle_timeout: 14m", "idle_timeout: 14", 5,
     "profiles.own.idle_timeout", "14m"),
    ("a number that is none", "sessions_per_admin: 3", "sessions_per_admin: three", 5,
     "profiles.own.sessions_per_admin", "whole number"),
    ("a number out of range", "sessions_per_admin: 3", "sessions_per_admin: 0", 5,
     "profiles.own.sessions_per_admin", "from 1 to"),
    ("a choice that is none", "    auth: oauth", "    auth: oath", 10,
     "tenants.litware.auth", "Did you mean oauth?"),
    ("a profile nobody knows", "    profile: lync-online-2013", "    profile: lync-online-2031", 8,
     "tenants.litware.profile", "lync-online-2013"),
    ("a user who is not there", "        users: [root]", "        users: [root, no-such-person]", 14,
     "tenants.litware.admins.kenmyer.users", "no-such-person"),
    ("a group that is not there", "        users: [root]", '        users: ["@no-such-group"]', 14,
     "tenants.litware.admins.kenmyer.users", "no-such-group"),
    ("operators that are not there", "profiles:", "  operators: no-such-group\nprofiles:", 4,
     "broker.operators", "no-such-group"),
    ("a tenant named like a session", "  other:", "  s7k2:", 15, "tenants.s7k2", "session"),
    ("idle_timeout too near tenant_idle", "    domain: litwareinc.com", "    domain: litwareinc.com\n    idle_timeout: 880s",
     10, "tenants.litware.idle_timeout", "tenant_idle"),
    ("two admins with one upn", "ops@other.example", "kenmyer@litwareinc.com", 20,
     "tenants.other.admins.ops.upn", "kenmyer@litwareinc.com is already"),
    ("two tenants with one domain", "other.example\n", "LITWAREINC.com\n", 17,
     "tenants.other.domain", "litwareinc.com is already"),
    ("oauth without token_hosts", "    auth: basic", "    auth: oauth", 18, "tenants.other.auth", "token_hosts"),
    ("a relative path", "  state: ", "  state: ./", 3, "broker.state", "path from the root"),
    ("no admins", "    admins:\n      ops: {{upn: ops@other.example, users: [root]}}\n", "", 15,
     "tenants.other.admins", "at least one account"),
    ("a key that is there twice", "    auth: basic", "    auth: basic\n    auth: basic", 19, "auth", "line 18"),
    ("no YAML", "profiles:", "profiles: [", None, "", ""),
]  # fmt: skip


@pytest.mark.parametrize("old, new, line, key, words", [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_the_check_names_file_line_and_key_of_each_fault(empty_world, old, new, line, key, words):
    assert old in SHELLS
    empty_world.write_configuration(SHELLS.replace(old, new, 1).format(directory=empty_world.directory))
    done = check(empty_world)
    assert done.returncode == 78
    faults = done.stderr.splitlines()
    place = f"{empty_world.config}:" if line is None else f"{empty_world.config}:{line}: {key}"
    matching = [fault for fault in faults if fault.startswith(place) and words in fault]
    assert matching, done.stderr
    # Neither is the daemon started with it.
    started = subprocess.run([USHERD, "--config", empty_world.config], capture_output=True, timeout=COMMAND_PATIENCE)
    assert started.returncode == 78


def test_the_check_tells_all_faults_at_once(empty_world):
    text = SHELLS.format(directory=empty_world.directory)
    text = text.replace("14m", "14").replace("oauth", "oath").replace("[root]\n", "[no-such-person]\n", 1)
    empty_world.write_configuration(text)
    lines = [int(fault.split(":")[1]) for fault in check(empty_world).stderr.splitlines()]
    assert {5, 10, 14} <= set(lines) and lines == sorted(lines)


def test_a_file_that_others_may_write_is_not_read(empty_world):
    empty_world.configure()
    empty_world.config.chmod(0o666)
    done = check(empty_world)
    assert done.returncode == 78
    assert f"{empty_world.config}:1:" in done.stderr and "others may write it" in done.stderr


def test_a_file_of_somebody_else_is_not_read(as_root, empty_world):
    empty_world.configure()
    os.chown(empty_world.config, 65534, -1)
    done = check(empty_world)
    assert done.returncode == 78
    assert "is owned by uid 65534" in done.stderr


def test_files_of_the_folder_are_laid_over_the_first_in_the_order_of_their_names(empty_world):
    empty_world.configure(tenant(per_admin=1))
    folder = empty_world.directory / "usher.d"
    folder.mkdir()
    for name, seats in (("10-more.yaml", 5), ("20-less.yaml", 2)):
        (folder / name).write_text(f"tenants:\n  seats:\n    sessions_per_admin: {seats}\n")
    empty_world.start()
    empty_world.open(), empty_world.open()
    assert "2 of 2" in empty_world.usher("open", "seats").errors
    (folder / "30-wrong.yaml").write_text("tenants:\n  seats:\n    session_per_admin: 2\n")
    done = check(empty_world)
    assert done.returncode == 78
    assert done.stderr.startswith(f"{folder}/30-wrong.yaml:3: tenants.seats.session_per_admin: ")


def test_a_missing_configuration_says_what_to_do(empty_world):
    done = check(empty_world)
    assert done.returncode == 78
    assert "does not exist: copy the example" in done.stderr


def test_usherd_refuses_what_it_does_not_know():
    done = subprocess.run([USHERD, "--chekc"], capture_output=True, text=True, timeout=COMMAND_PATIENCE)
    assert done.returncode == 64 and "--chekc" in done.stderr


# systemd


def test_the_units_are_what_systemd_wants(not_run):
    if not os.path.exists("/usr/bin/systemd-analyze"):
        not_run("systemd-analyze is not installed")
    done = subprocess.run(
        [REPOSITORY / "scripts/check-units", USHERD], capture_output=True, text=True, timeout=COMMAND_PATIENCE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_readiness_and_status_are_told(world):
    world.daemon.told(lambda line: line == "READY=1")
    world.daemon.told(lambda line: line == "STATUS=no session")
    world.open()
    world.daemon.told(lambda line: line == "STATUS=seats 1")
    world.daemon.terminate()
    world.daemon.told(lambda line: line == "STOPPING=1")


def test_the_status_tells_limits_waiters_and_draining(empty_world):
    world = empty_world.configure(tenant("litware", 1, 9)).start() and empty_world
    world.open("litware")
    world.daemon.told(lambda line: line == "STATUS=litware 1/9")
    waiter = world.start_usher("open", "litware", "--wait", "1m")
    world.daemon.told(lambda line: line == "STATUS=litware 1/9 · 1 waiting")
    world.usher("drain", "--timeout", "0s")
    assert waiter.result().status == 75
    world.daemon.told(lambda line: line == "STATUS=litware 1/9 · draining")


def test_ready_means_that_clients_are_served(empty_world):
    for _ in range(10):
        empty_world.configure().start()
        assert empty_world.status()["state"] == "running"
        empty_world.daemon.kill()


def test_the_watchdog_is_fed_twice_as_often_as_it_wants(empty_world):
    empty_world.configure().start(environment={"WATCHDOG_USEC": "400000"})
    for _ in range(5):
        mark = empty_world.notifications.mark()
        empty_world.notifications.wait(lambda line: line == "WATCHDOG=1", since=mark, within=0.4)


def test_no_watchdog_is_fed_that_does_not_want_it(world):
    world.usher("list")
    world.daemon.terminate()
    assert "WATCHDOG=1" not in world.notifications.received


def test_a_socket_of_systemd_is_served(empty_world, not_run):
    if not os.path.exists("/usr/bin/systemd-socket-activate"):
        not_run("systemd-socket-activate is not installed")
    world = empty_world.configure(socket="/nowhere/broker.sock")
    # A forking wrapper would be another process than the one that is to be killed; it execs.
    world.start(wrapper=["systemd-socket-activate", "-l", world.socket, "--fdname=varlink", "-E", "NOTIFY_SOCKET"], wait=False)
    eventually("the socket", world.socket.exists)
    # The first client starts the daemon and is served by it.
    assert world.usher("status").status == 0
    world.daemon.ready()
    name = world.open()
    # It is not ours, so it is left where it is.
    assert world.daemon.terminate() == 0
    assert world.socket.exists()
    assert name in [row["session"] for row in world.query("SELECT session FROM sessions")]


def test_of_several_inherited_sockets_the_one_named_varlink_is_served(empty_world, not_run):
    if not os.path.exists("/usr/bin/systemd-socket-activate"):
        not_run("systemd-socket-activate is not installed")
    world = empty_world.configure(socket="/nowhere/broker.sock")
    other = world.directory / "other.sock"
    world.start(
        wrapper=["systemd-socket-activate", "-l", other, "-l", world.socket, "--fdname=other:varlink"], wait=False
    )
    eventually("the sockets", lambda: world.socket.exists() and other.exists())
    assert world.usher("status").status == 0


# The socket


def test_a_stale_socket_file_is_replaced(empty_world):
    empty_world.configure().start()
    empty_world.daemon.kill()
    assert empty_world.socket.exists()
    empty_world.start()
    assert empty_world.usher("status").status == 0


def test_a_socket_that_somebody_serves_is_left_alone(world):
    second = subprocess.run(
        [USHERD, "--config", world.config], capture_output=True, text=True, timeout=COMMAND_PATIENCE
    )
    assert second.returncode == 69
    assert f"Another program listens at {world.socket} already" in second.stderr
    assert world.usher("status").status == 0


def test_a_file_in_the_place_of_the_socket_is_left_alone(empty_world):
    empty_world.configure()
    empty_world.socket.write_text("somebody's")
    done = subprocess.run([USHERD, "--config", empty_world.config], capture_output=True, timeout=COMMAND_PATIENCE)
    assert done.returncode == 69
    assert empty_world.socket.read_text() == "somebody's"


def test_the_socket_is_taken_away_at_the_end(world):
    assert world.daemon.terminate() == 0
    assert not world.socket.exists()


# Reading the configuration again


def test_sighup_reads_the_configuration_again_and_leaves_live_sessions_alone(world):
    names = [world.open() for _ in range(3)]
    world.configure(tenant(per_admin=2))
    mark = world.notifications.mark()
    world.daemon.send(signal.SIGHUP)
    world.notifications.wait(lambda line: line == "RELOADING=1", since=mark)
    world.notifications.wait(lambda line: line.startswith("MONOTONIC_USEC="), since=mark)
    world.notifications.wait(lambda line: line == "READY=1", since=mark)
    assert [session["session"] for session in world.sessions()] == names
    assert "desk holds 3 of 2" in world.usher("open", "seats").errors


def test_sighup_with_a_broken_file_keeps_the_old_one_and_says_so(world):
    text = world.config.read_text()
    world.write_configuration(text.replace("sessions_per_admin: 3", "sessions_per_admin: many"))
    mark = world.notifications.mark()
    world.daemon.send(signal.SIGHUP)
    world.daemon.logged("the configuration has faults; the old one stays in force")
    world.daemon.logged("sessions_per_admin: ")
    line = next(n for n, line in enumerate(world.config.read_text().splitlines(), 1) if "many" in line)
    assert f"{world.config}:{line}: tenants.seats.sessions_per_admin: " in world.daemon.log
    world.notifications.wait(lambda line: line == "READY=1", since=mark)
    for _ in range(3):
        world.open()
    assert "3 of 3" in world.usher("open", "seats").errors


def test_reload_prints_faults_and_exits_78(world):
    text = world.config.read_text()
    world.write_configuration(text.replace("protocol: none", "protocol: nonne") + "  more: {}\n")
    result = world.usher("reload")
    assert result.status == 78
    assert result.errors.startswith("Error: The configuration has faults; the one before stays in force.\n")
    assert re.search(rf"{world.config}:\d+: tenants\.seats\.protocol: .*Did you mean none\?", result.errors)
    assert "tenants.more" in result.errors
    facts = world.usher("reload", "--format", "json").error
    assert facts["code"] == "ConfigurationFaults" and facts["exitStatus"] == 78
    fault = facts["faults"][0]
    assert fault.keys() == {"file", "line", "key", "message"} and fault["file"] == str(world.config)
    world.write_configuration(text)
    assert world.usher("reload").status == 0
    assert world.usher("reload", "--format", "json").json == {"item": {"faults": []}}


def test_a_tenant_that_is_taken_away_sends_its_line_home_and_keeps_its_sessions(empty_world):
    world = empty_world.configure(tenant("one", 1), tenant("two", 1)).start() and empty_world
    name = world.open("two")
    waiter = world.start_usher("open", "two", "--wait", "1m")
    eventually("somebody in line", lambda: world.status()["waiting"] == 1)
    world.configure(tenant("one", 1))
    assert world.usher("reload").status == 0
    assert waiter.result().status == 64
    assert world.session(name)["state"] == "ready"
    assert world.usher("close", name).status == 0


def test_a_waiter_gets_the_seat_that_a_reload_adds(empty_world):
    world = empty_world.configure(tenant(per_admin=1)).start() and empty_world
    world.open()
    waiter = world.start_usher("open", "seats", "--detach", "--wait", "1m")
    eventually("somebody in line", lambda: world.status()["waiting"] == 1)
    world.configure(tenant(per_admin=2))
    assert world.usher("reload").status == 0
    assert waiter.result().status == 0


def test_idle_and_age_rules_end_sessions(empty_world):
    world = empty_world.configure(
        tenant("idle", 3, idle_timeout="1s"), tenant("old", 3, maximum_age="2s")
    ).start() and empty_world  # fmt: skip
    idle, old = world.open("idle"), world.open("old")
    # A seat whose holder is there does not idle, but it ages.
    holder = world.start_usher("hold", "idle", "--", "sh", "-c", 'echo "$USHER_SESSION"; exec cat', stdin=subprocess.PIPE)
    held = holder.line()
    ageing = world.start_usher("hold", "old", "--", "sh", "-c", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")
    assert ageing.line() == "up"
    eventually("the age rule", lambda: world.session(old)["state"] == "closed")
    assert ageing.result().status == 79
    assert world.session(idle)["reason"] == "idleTimeout"
    assert world.session(old)["reason"] == "maximumAge"
    assert world.session(held)["state"] == "ready"


# The end and the next life


def test_sigterm_stops_within_a_second_and_detached_sessions_are_there_afterwards(world):
    kept = world.open("seats", "--purpose", "kept")
    started = time.monotonic()
    assert world.daemon.terminate() == 0
    assert time.monotonic() - started < 1
    assert "stopped" in world.daemon.log
    world.start()
    session = world.session(kept)
    assert (session["state"], session["lease"], session["purpose"]) == ("ready", "detached", "kept")


def test_sigterm_writes_what_is_still_to_be_written(world):
    for _ in range(5):
        name = world.open()
        world.usher("close", name)
        world.daemon.terminate()
        assert world.query("SELECT * FROM sessions") == []
        world.start()


def test_sigterm_sends_waiters_home(empty_world):
    world = empty_world.configure(tenant(per_admin=1)).start() and empty_world
    world.open()
    wire = world.wire()
    wire.send("Acquire", {"tenant": "seats", "waitSeconds": 60}, more=True)
    wire.receive()
    world.daemon.terminate()
    with pytest.raises(Refused) as refused:
        wire.result()
    assert refused.value.name == "Draining"


def test_hold_survives_a_stop_and_a_start_with_the_same_session_and_child(world):
    script = 'echo "$USHER_SESSION $$"; exec cat'
    holder = world.start_usher("hold", "seats", "--", "sh", "-c", script, stdin=subprocess.PIPE)
    name, pid = holder.line().split()
    assert world.daemon.terminate() == 0
    world.start()
    eventually("the lease to be its own again", lambda: world.session(name)["lease"] == "connection")
    os.kill(int(pid), 0)
    holder.process.stdin.close()
    holder.process.stdin = None
    assert holder.result().status == 0
    world.settles_at(0)


# Draining


def test_a_drain_refuses_new_sessions_and_is_over_when_the_last_one_ends(world):
    name = world.open()
    drain = world.start_usher("drain")
    eventually("draining", lambda: world.status()["state"] == "draining")
    refused = world.usher("open", "seats")
    assert refused.status == 75
    assert "usherd takes no new sessions now: it is draining or about to stop." in refused.errors
    assert world.usher("close", name).status == 0
    assert drain.result().status == 0
    # It goes on until somebody ends it.
    assert world.usher("open", "seats").status == 75
    assert world.usher("resume").status == 0
    assert world.usher("open", "seats").status == 0


def test_a_drain_whose_time_runs_out_says_what_is_left(world):
    world.open()
    result = world.usher("drain", "--timeout", "1s")
    assert result.status == 75
    assert "usher drain --force" in result.errors
    assert len(world.sessions()) == 1


def test_a_forced_drain_ends_what_is_left(world):
    name = world.open()
    holder = world.start_usher("hold", "seats", "--", "sh", "-c", "echo up; exec sleep 600")
    assert holder.line() == "up"
    assert world.usher("drain", "--force").status == 0
    assert world.sessions() == []
    assert world.session(name)["reason"] == "shutdown"
    assert holder.result().status == 79


def test_its_threads_are_as_nice_as_it_was_started(empty_world):
    """Workers of libdispatch set their own nice value, and what they start inherits that."""
    empty_world.configure()
    daemon = empty_world.start(wrapper=["nice", "-n", "5"])
    nice = {
        (task / "comm").read_text().strip(): int((task / "stat").read_text().rpartition(")")[2].split()[16])
        for task in pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir()
    }
    ours = {name: value for name, value in nice.items() if name.startswith("NIO-ELT") or name in ("journal", "logins")}
    assert len(ours) == 3 and set(ours.values()) == {5}, nice


def test_ctrl_c_ends_the_wait_and_not_the_drain(world):
    world.open()
    drain = world.start_usher("drain")
    eventually("draining", lambda: world.status()["state"] == "draining")
    drain.interrupt()
    assert drain.result(within=5).status == 130
    assert world.status()["state"] == "draining"


def test_a_resume_ends_the_wait_of_a_drain(world):
    world.open()
    drain = world.start_usher("drain")
    eventually("draining", lambda: world.status()["state"] == "draining")
    assert world.usher("resume").status == 0
    assert drain.result().status == 75


def test_resume_succeeds_also_when_nothing_was_drained(world):
    assert world.usher("resume").status == 0
    assert world.usher("resume").status == 0


def test_an_operator_can_read_the_state_with_sqlite3(world):
    name = world.open("seats", "--purpose", "nightly sync")
    (row,) = world.query("SELECT * FROM holders")
    assert (row["session"], row["tenant"], row["admin"], row["purpose"]) == (name, "seats", "desk", "nightly sync")
    assert row["since"].startswith(time.strftime("%Y-"))
    assert [event["event"] for event in world.query("SELECT event FROM events")][0] == "began"


def test_a_reload_leaves_the_journal_and_the_socket_where_they_are(world):
    text = world.config.read_text()
    world.config.write_text(text.replace(str(world.state), f"{world.state}.other"))
    assert world.usher("reload").status == 0
    world.daemon.logged("broker.state and broker.socket count from the next start on")
    session = world.open("seats")
    assert session in world.usher("audit").output
