"""usherd is killed again and again under load. What clients were told holds, and the books agree."""

import os
import random
import subprocess
import threading
import time
import uuid

import pytest

from events import PATIENCE, eventually
from wire import Closed, Refused, Wire
from world import USHERD, tenant

KILLS = int(os.environ.get("USHER_KILLS", "200"))
SEED = int(os.environ.get("USHER_SEED", str(random.randrange(1 << 32))))
CLIENTS = 6
ADMINS = {"ken": 2, "pilar": 2}
PER_ADMIN, PER_ORGANIZATION = 2, 3
# How long the holder of a connection lease has to come back after a restart.
COMES_BACK_WITHIN = 15


class Oracle:
    """What clients were told they hold: never more than they really do, because a session is taken off before its
    end is asked for, and put on after its grant was answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.held = {}
        self.granted = 0
        self.faults = []

    def take(self, session):
        with self.lock:
            self.granted += 1
            self.held[session["session"]] = session["admin"]
            if len(self.held) > PER_ORGANIZATION:
                self.faults.append(f"{len(self.held)} sessions of the organization at once: {self.held}")
            mine = list(self.held.values()).count(session["admin"])
            if mine > PER_ADMIN:
                self.faults.append(f"{mine} sessions of {session['admin']} at once: {self.held}")

    def give(self, name):
        with self.lock:
            self.held.pop(name, None)

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def holds(self):
        with self.lock:
            return set(self.held)


class Client(threading.Thread):
    """Takes and gives back seats for as long as it may, whatever becomes of the daemon.

    It is somebody who keeps to the rules: after a crash it asks again by the same requestId, and ends again what it
    wanted ended.
    """

    def __init__(self, world, oracle, admin, seed, gate):
        super().__init__(daemon=True)
        self.world, self.oracle, self.admin, self.gate = world, oracle, admin, gate
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.wire = None
        self.trouble = None
        # Where it stands: a request without an answer, a session, an end without an answer.
        self.request = self.session = self.ending = None
        self.ended = set()
        self.came_back = 0

    def run(self):
        try:
            while not self.stopping.is_set():
                try:
                    self.step()
                except (Closed, ConnectionRefusedError, FileNotFoundError):
                    self.disconnect()
                    self.gate.pass_through()
        except Exception as error:
            self.trouble = error
        finally:
            self.disconnect()

    def disconnect(self):
        if self.wire:
            self.wire.close()
            self.wire = None

    def step(self):
        fresh = self.wire is None
        if fresh:
            self.wire = Wire(str(self.world.socket))
            self.end_again()
        if self.ending:
            self.end()
        elif self.session is None:
            self.ask()
        elif fresh:
            self.ask_again()
        else:
            self.use()

    def ask(self):
        if self.request is None:
            self.request = {
                "tenant": "seats",
                "admin": self.admin,
                "requestId": uuid.uuid4().hex,
                "lease": self.random.choice(["connection", "connection", "detached"]),
            }
            if self.random.random() < 0.3:
                self.request["waitSeconds"] = 1
        try:
            *_, last = self.wire.stream("Acquire", self.request)
            self.session = last["session"]
            self.oracle.take(self.session)
        except Refused as refused:
            if refused.name == "SessionExpired" and refused.facts["reason"] == "clientLeft":
                pass  # Granted and, because the daemon noticed that we had gone, ended.
            elif refused.name not in ("QuotaExceeded", "WaitTimeout", "TooManyRequests"):
                self.oracle.fault(f"Acquire: {refused}")
            self.request = None

    def ask_again(self):
        """After a crash: a session we hold is ours again."""
        try:
            at_once = {key: value for key, value in self.request.items() if key != "waitSeconds"}
            *_, last = self.wire.stream("Acquire", at_once)
        except Refused as refused:
            self.oracle.fault(f"{self.session['session']} was held and is gone: {refused}")
            self.oracle.give(self.session["session"])
            self.session = self.request = None
            return
        if last["session"]["session"] != self.session["session"]:
            self.oracle.fault(f"{self.session['session']} was held and became {last['session']['session']}")

    def use(self):
        choice = self.random.random()
        if choice < 0.5:
            self.ending = self.session["session"]
            self.oracle.give(self.ending)
        elif choice < 0.7:
            self.wire.call("Attach", {"session": self.session["session"], "lease": self.request["lease"]})
        elif choice < 0.9:
            self.wire.call("ListSessions")
        else:
            # Not a wait for anything: somebody who does nothing for a moment.
            time.sleep(self.random.uniform(0, 0.005))

    def end(self):
        reply = self.wire.call("Close", {"session": self.ending})
        if reply["state"] != "closed":
            self.oracle.fault(f"Close: {reply}")
        self.ended.add(self.ending)
        self.session = self.request = self.ending = None

    def end_again(self):
        """Ending does not wait for the disk, so a session whose end was answered may be there after a crash."""
        for session in self.wire.call("ListSessions")["sessions"]:
            if session["session"] in self.ended:
                self.came_back += 1
                self.wire.call("Close", {"session": session["session"]})


class Gate:
    """Holds clients back that lost their connection, until the books were compared."""

    def __init__(self):
        self.open = threading.Event()
        self.inside = 0
        self.lock = threading.Lock()

    def pass_through(self):
        with self.lock:
            self.inside += 1
        self.open.wait(60)
        with self.lock:
            self.inside -= 1


class Reader(threading.Thread):
    """Reads the state with the sqlite3 shell all the time, as an operator might."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.readings, self.stopping = world, 0, threading.Event()
        self.faults = []

    def run(self):
        while not self.stopping.wait(0.1):
            done = subprocess.run(
                ["sqlite3", "-cmd", ".timeout 5000", self.world.state, "PRAGMA quick_check; SELECT * FROM holders"],
                capture_output=True, text=True, timeout=30,
            )  # fmt: skip
            if done.returncode or not done.stdout.startswith("ok\n"):
                self.faults.append(done.stderr or done.stdout)
            self.readings += 1


def books_agree(world, oracle):
    """Right after a restart, before anybody is back: memory, disk and what clients were told are one."""
    listed = {session["session"]: session for session in world.sessions()}
    written = {row["session"]: row for row in world.query("SELECT * FROM sessions")}
    assert listed.keys() == written.keys()
    for name, row in written.items():
        assert (row["admin"], row["uid"]) == (listed[name]["admin"], listed[name]["uid"])
        assert row["lease"] == {"awaiting": "connection"}.get(listed[name]["lease"], listed[name]["lease"])
    assert oracle.holds() <= listed.keys(), "somebody was told of a session that is not there"
    assert len(listed) <= PER_ORGANIZATION
    for admin in ADMINS:
        assert sum(session["admin"] == admin for session in listed.values()) <= PER_ADMIN
    return listed


def test_crashes_under_load_lose_no_seat_and_give_none_twice(empty_world, figure):
    print(f"USHER_SEED={SEED} USHER_KILLS={KILLS}")
    chance = random.Random(SEED)
    me = [os.getuid()]
    world = empty_world.configure(
        tenant("seats", PER_ADMIN, PER_ORGANIZATION, {admin: me for admin in ADMINS}),
        waiting_max=64, waiting_max_per_user=64, wait_max="1m",
    )  # fmt: skip
    world.start()
    oracle, gate = Oracle(), Gate()
    gate.open.set()
    clients = [
        Client(world, oracle, list(ADMINS)[number % len(ADMINS)], chance.random(), gate) for number in range(CLIENTS)
    ]
    reader = Reader(world)
    for thread in (*clients, reader):
        thread.start()
    started = time.monotonic()
    survived = 0
    for _ in range(KILLS):
        # The moment is the point: any one will do.
        time.sleep(chance.uniform(0.005, 0.25))
        gate.open.clear()
        world.daemon.kill()
        eventually("all clients to have noticed", lambda: gate.inside == CLIENTS or broken(clients))
        world.start()
        survived += len(books_agree(world, oracle))
        gate.open.set()
        assert oracle.faults == [] and broken(clients) == []
    took = time.monotonic() - started
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join(PATIENCE)
    reader.stopping.set()
    reader.join(30)
    assert oracle.faults == [] and broken(clients) == [] and reader.faults == []
    figure(
        f"{KILLS} kills of usherd in {took:.0f} s, {oracle.granted} grants, {survived} sessions read back, "
        f"{sum(client.came_back for client in clients)} of them after their end had been answered, "
        f"{reader.readings} readings by sqlite3"
    )

    # Nobody is there any more. Connection leases end by themselves; what was told to last is closed by its owner.
    world.usher("close", "--mine")
    world.settles_at(0, within=COMES_BACK_WITHIN + 2)
    eventually("the journal to be empty", lambda: world.query("SELECT * FROM sessions") == [])
    most = world.seats_at_once("admin")
    assert max(most.values()) <= PER_ADMIN, most
    assert world.seats_at_once() == {"seats": PER_ORGANIZATION}
    lives = world.query("SELECT sum(event = 'began') began, sum(event = 'ended') ended FROM events GROUP BY session")
    assert all(life == {"began": 1, "ended": 1} for life in lives)
    # Every seat can be had again.
    names = [world.open("seats", "--as", admin) for admin in ("ken", "ken", "pilar")]
    assert len(set(names)) == 3
    assert world.query("SELECT count(*) count FROM events WHERE event = 'began'")[0]["count"] == len(lives) + 3


def broken(clients):
    return [client.trouble for client in clients if client.trouble]


def test_hold_keeps_its_command_and_its_session_over_crashes(world):
    script = 'echo "$USHER_SESSION"; exec cat'
    holder = world.start_usher("hold", "seats", "--", "sh", "-c", script, stdin=subprocess.PIPE)
    name = holder.line()
    for _ in range(5):
        world.restart()
        eventually("the lease to be its own again", lambda: world.session(name)["lease"] == "connection")
    holder.process.stdin.write(b"still here\n")
    holder.process.stdin.close()
    holder.process.stdin = None
    result = holder.result()
    assert (result.status, result.output) == (0, "still here\n")
    assert "usherd is back" in result.errors
    world.settles_at(0)


def test_hold_stops_its_command_when_the_daemon_does_not_come_back(world):
    script = "trap 'echo stopped; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    holder = world.start_usher("hold", "seats", "--", "sh", "-c", script)
    assert holder.line() == "up"
    world.daemon.kill()
    away = time.monotonic()
    result = holder.result()
    assert COMES_BACK_WITHIN - 1 < time.monotonic() - away < COMES_BACK_WITHIN + 5
    assert (result.status, result.output) == (79, "stopped\n")
    assert "is lost: usherd went away" in result.errors


def test_a_holder_that_does_not_come_back_loses_its_seat_after_15_seconds(world):
    wire = world.wire()
    name = wire.acquire(requestId="lost")["session"]
    kept = world.open()
    world.daemon.kill()
    wire.close()
    restarted = time.monotonic()
    world.start()
    assert world.session(name)["lease"] == "awaiting"
    world.settles_at(1, within=COMES_BACK_WITHIN + 2)
    assert time.monotonic() - restarted > COMES_BACK_WITHIN - 1
    assert world.session(name)["reason"] == "lostAtRestart"
    assert world.session(kept)["state"] == "ready"


def test_ids_are_never_used_twice(world):
    seen = set()
    for _ in range(5):
        for _ in range(3):
            name = world.open()
            assert name not in seen
            seen.add(name)
        world.usher("close", "--mine")
        eventually("the ends to be written", lambda: world.query("SELECT * FROM sessions") == [])
        world.restart()


def test_two_daemons_do_not_share_a_journal(world):
    second = world.directory / "second.yaml"
    second.write_text(world.config.read_text().replace("broker.sock", "second.sock"))
    done = subprocess.Popen(
        [USHERD, "--config", second],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        eventually("the second one's socket", (world.directory / "second.sock").exists)
        with Wire(str(world.directory / "second.sock")) as wire:
            with pytest.raises(Refused) as refused:
                wire.acquire()
            assert refused.value.name == "StateUnavailable"
            assert "is in use by another usherd" in refused.value.facts["message"]
        # The first one is none the worse for it; when it leaves, the second one takes over.
        world.open()
        world.daemon.terminate()
        with Wire(str(world.directory / "second.sock")) as wire:
            eventually("the second one to take over", lambda: not wire.call("GetStatus").get("trouble"))
            assert len(wire.call("ListSessions")["sessions"]) == 1
    finally:
        done.kill()
        done.communicate(timeout=PATIENCE)
