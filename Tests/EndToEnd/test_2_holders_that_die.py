"""However a holder goes, its seat is free within two seconds, and nothing is left of it."""

import os
import random
import signal
import time

import pexpect
import pytest

from events import eventually
from wire import Wire
from world import tenant

ROUNDS = int(os.environ.get("USHER_ROUNDS_OF_DEATHS", "50"))
AT_ONCE = 2.0


@pytest.fixture
def narrow(empty_world):
    """One seat, so that a leaked one is noticed in the next round."""
    empty_world.configure(tenant(per_admin=1)).start()
    yield empty_world
    # Whatever died: the books are empty, in memory and on disk, and each began session has one end.
    eventually("no connection but our own", lambda: empty_world.status()["connections"] == 1)
    assert empty_world.status() | {"connections": 0, "since": "", "version": ""} == {
        "state": "running", "sessions": 0, "unconfirmed": 0, "waiting": 0,
        "connections": 0, "since": "", "version": "",
    }  # fmt: skip
    eventually("the journal to be empty", lambda: empty_world.query("SELECT * FROM sessions") == [])
    ends = empty_world.query("SELECT session, sum(event='began') b, sum(event='ended') e FROM events GROUP BY session")
    assert all(row["b"] == row["e"] == 1 for row in ends)


def descriptors(world):
    return len(os.listdir(f"/proc/{world.daemon.process.pid}/fd"))


def test_a_killed_hold_frees_its_seat(narrow):
    # What is opened once, with the first grant, is no leak.
    narrow.usher("hold", "seats", "--", "true")
    before = descriptors(narrow)
    for _ in range(ROUNDS):
        # The command says that it runs; `sleep` itself could not.
        holder = narrow.start_usher("hold", "seats", "--", "sh", "-c", "echo up; exec sleep 600")
        assert holder.line() == "up"
        holder.kill()
        narrow.settles_at(0, within=AT_ONCE)
        holder.clean()
    eventually("no descriptor more than before", lambda: descriptors(narrow) <= before)
    wanted = [{"reason": "clientLeft", "count": ROUNDS}, {"reason": "closed", "count": 1}]
    sql = "SELECT reason, count(*) count FROM events WHERE event = 'ended' GROUP BY reason ORDER BY 1"
    eventually("an end with its reason for each", lambda: narrow.query(sql) == wanted)


def test_the_command_of_a_killed_hold_does_not_go_on_without_a_seat(narrow):
    holder = narrow.start_usher("hold", "seats", "--", "sh", "-c", "echo $$; exec sleep 600")
    command = int(holder.line())
    holder.kill()
    eventually("the command to be gone", lambda: not os.path.exists(f"/proc/{command}"), within=AT_ONCE)
    narrow.settles_at(0, within=AT_ONCE)
    holder.clean()


def test_a_killed_waiter_leaves_the_line(narrow):
    seat = narrow.open()
    for _ in range(ROUNDS):
        waiter = narrow.start_usher("open", "seats", "--wait", "10m")
        eventually("somebody in line", lambda: narrow.status()["waiting"] == 1)
        waiter.kill()
        eventually("nobody in line", lambda: narrow.status()["waiting"] == 0, within=AT_ONCE)
        waiter.clean()
    narrow.usher("close", seat)


def test_a_client_gone_between_grant_and_reply_leaves_no_seat(narrow):
    random.seed(2)
    for _ in range(ROUNDS):
        wire = narrow.wire()
        wire.send("Acquire", {"tenant": "seats"})
        spin(random.uniform(0, 0.004))
        wire.close()
        narrow.settles_at(0, within=AT_ONCE)


def test_a_client_killed_between_grant_and_reply_leaves_no_seat(narrow):
    random.seed(3)
    for _ in range(ROUNDS):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                wire = Wire(str(narrow.socket))
                os.write(writing, b"!")
                wire.send("Acquire", {"tenant": "seats"})
                signal.pause()
            finally:
                os._exit(0)
        os.close(writing)
        assert os.read(reading, 1) == b"!"
        os.close(reading)
        spin(random.uniform(0, 0.004))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        narrow.settles_at(0, within=AT_ONCE)


def test_a_client_gone_while_its_lease_is_made_to_last_leaves_no_seat(narrow):
    random.seed(4)
    for _ in range(ROUNDS):
        wire = narrow.wire()
        name = wire.acquire()["session"]
        wire.send("Attach", {"session": name, "lease": "detached"})
        spin(random.uniform(0, 0.004))
        wire.close()
        # Either the lease was made to last before the client left, then the seat is there to be closed, or it was not.
        eventually("the connection to be gone", lambda: narrow.status()["connections"] == 1)
        for session in narrow.sessions():
            assert session["lease"] == "detached" or not still(narrow, session)
            narrow.usher("close", session["session"])
        narrow.settles_at(0, within=AT_ONCE)


def still(world, session):
    """Whether the session outlives a connection lease."""
    try:
        eventually("its end", lambda: world.session(session["session"])["state"] == "closed", within=AT_ONCE)
    except AssertionError:
        return True
    return False


def spin(seconds):
    """Lets a very short time pass: what happens next is to hit the broker at any point of its work."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


class Terminal:
    """A person's terminal: a shell that leads a session of its own on a pty."""

    def __init__(self, world):
        environment = world.environment(
            PATH=f"{world.usher_program.parent}:{os.environ['PATH']}", TERM="dumb", PS1="$ ", HISTFILE=""
        )
        self.child = pexpect.spawn("bash", ["--norc", "--noprofile"], env=environment, encoding="utf-8", timeout=10)
        self.child.setwinsize(24, 200)
        world.cleanups.callback(self.close)

    def type(self, line):
        self.child.sendline(line)

    def opened(self, line):
        """Types a command that opens a session, and reads its id."""
        self.type(line + "; echo status=$?")
        self.child.expect(r"\r\n(s\d\w+)\r\n")
        name = self.child.match.group(1)
        self.child.expect("status=0")
        return name

    def close(self):
        self.child.close(force=True)


def test_closing_the_terminal_frees_the_seat_that_was_opened_in_it(narrow):
    terminal = Terminal(narrow)
    name = terminal.opened("usher open seats")
    session = narrow.session(name)
    assert session["lease"] == "console"
    assert session["terminal"].startswith("pts/")
    terminal.close()
    narrow.settles_at(0, within=AT_ONCE)
    assert narrow.session(name)["reason"] == "consoleClosed"


def test_a_detached_session_stays_when_its_terminal_closes(narrow):
    terminal = Terminal(narrow)
    name = terminal.opened("usher open seats --detach")
    terminal.close()
    eventually("the shell's end", lambda: not terminal.child.isalive())
    # Another terminal's seat is freed by then; this one's is not.
    assert narrow.session(name)["state"] == "ready"
    assert narrow.usher("open", "seats").status == 75
    narrow.usher("close", name)


def test_a_console_is_watched_again_after_the_daemon_was_killed(narrow):
    terminal = Terminal(narrow)
    name = terminal.opened("usher open seats")
    narrow.restart()
    assert narrow.session(name)["lease"] == "console"
    terminal.close()
    narrow.settles_at(0, within=AT_ONCE)
    assert narrow.session(name)["reason"] == "consoleClosed"


def test_a_console_that_closed_while_the_daemon_was_away_frees_its_seat_in_time(narrow):
    terminal = Terminal(narrow)
    name = terminal.opened("usher open seats")
    narrow.daemon.kill()
    terminal.close()
    narrow.start()
    narrow.settles_at(0, within=16 + AT_ONCE)
    assert narrow.session(name)["reason"] == "lostAtRestart"


def test_who_leads_his_own_session_is_told_that_the_lease_is_detached(narrow):
    result = narrow.usher("open", "seats", start_new_session=True)
    assert result.status == 0
    name = result.output.strip()
    assert result.errors == f"No login session can be watched here, so {name} is detached.\n"
    assert narrow.session(name)["lease"] == "detached"
    narrow.usher("close", name)
    told = narrow.usher("open", "seats", "--format", "json", start_new_session=True).json["item"]
    assert told["lease"] == "detached", "a program reads it there"
    narrow.usher("close", told["session"])


def test_an_id_that_nobody_reads_leaves_no_seat(narrow):
    for _ in range(10):
        result = narrow.shell("usher open seats --detach | head -c 0; echo ${PIPESTATUS[0]}")
        assert result.status == 0
        # Whether the reader is gone before or after the id was written decides which of the two it is.
        if result.output.strip() == "0":
            narrow.usher("close", "--mine")
        else:
            assert result.output.strip() == "141"
        narrow.settles_at(0, within=AT_ONCE)


def test_an_id_written_to_a_closed_pipe_leaves_no_seat(narrow):
    reading, writing = os.pipe()
    os.close(reading)
    result = narrow.start_usher("open", "seats", "--detach", stdout=writing)
    os.close(writing)
    assert result.result().status == 141
    narrow.settles_at(0, within=AT_ONCE)


def test_hold_gives_its_seat_back_before_it_leaves(narrow):
    for _ in range(10):
        assert narrow.usher("hold", "seats", "--", "true").status == 0
        # No grace here: whoever comes next in a script must find the seat free.
        assert narrow.sessions() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_hold_passes_signals_on_and_ends_as_its_command_does(narrow, number):
    script = "trap 'exit 7' TERM HUP INT; echo up; while :; do sleep 0.05; done"
    holder = narrow.start_usher("hold", "seats", "--", "sh", "-c", script)
    assert holder.line() == "up"
    os.kill(holder.pid, number)
    assert holder.result().status == 7
    narrow.settles_at(0)


def test_a_session_closed_under_hold_ends_its_command_with_79(narrow):
    holder = narrow.start_usher("hold", "seats", "--", "sh", "-c", 'echo "$USHER_SESSION"; exec sleep 600')
    name = holder.line()
    assert narrow.usher("close", name).status == 0
    result = holder.result()
    assert result.status == 79
    assert f"Error: {name} has ended" in result.errors


