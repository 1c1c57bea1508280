"""Many clients at a tenant that loses answers, while usherd and clients are killed again and again. What the tenant counted
decides whether all is well."""

import collections
import os
import random
import signal
import subprocess
import threading
import time

from events import eventually
from world import COMMAND_PATIENCE

KILLS = int(os.environ.get("USHER_SOAK_KILLS", "60"))
SEED = int(os.environ.get("USHER_SEED", str(random.randrange(1 << 32))))
CLIENTS = 8
ADMINS = ("kenmyer", "pilar", "dana", "priya")
TROUBLES = [
    ("Create", {"do": "lose"}),
    ("Create", {"do": "delay", "by": "700ms"}),
    ("Create", {"do": "cut"}),
    ("Command", {"do": "lose"}),
    ("Command", {"do": "cut"}),
    ("CommandReceive", {"do": "cut"}),
    ("CommandReceive", {"do": "lose"}),
    ("Delete", {"do": "lose"}),
    ("Delete", {"do": "delay", "by": "300ms"}),
    ("PoolReceive", {"do": "cut"}),
    ("Enumerate", {"do": "cut"}),
    ("token", {"do": "cut"}),
]
# What becomes of a command when daemons and clients are killed. None is a bug, and none is somebody else's doing.
EXPECTED = {0, 64, 69, 75, 77, 79, 130, 143, -9, -15, -2, 137}


class Client(threading.Thread):
    """Does what people do, whatever becomes of the daemon, and remembers which of its commands were said to be done."""

    def __init__(self, lab, number, stop):
        super().__init__()
        self.world, self.number, self.stop = lab.world, number, stop
        self.random = random.Random(SEED + number)
        self.commands = 0
        self.done = []
        self.statuses = collections.Counter()
        self.unexpected = []
        self.fault = None

    def usher(self, *arguments):
        # Not World.usher: that keeps every command until the end.
        command = subprocess.Popen(
            [str(self.world.usher_program), *arguments],
            env=self.world.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.random.random() < 0.1:
            try:
                command.wait(self.random.uniform(0, 0.2))
            except subprocess.TimeoutExpired:
                command.send_signal(self.random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        output, errors = command.communicate(timeout=4 * COMMAND_PATIENCE)
        self.statuses[command.returncode] += 1
        if command.returncode not in EXPECTED:
            self.unexpected.append((arguments, command.returncode, output, errors))
        return command.returncode, output, errors

    def mark(self):
        self.commands += 1
        return f"{self.number}-{self.commands}"

    def run(self):
        try:
            while not self.stop.is_set():
                self.act()
        except Exception as error:  # noqa: BLE001, told by the test
            self.fault = error

    def act(self):
        admin = self.random.choice(ADMINS)
        match self.random.randrange(6):
            case 0:
                self.usher("open", "litware", "--as", admin, "--detach")
            case 1:
                status, output, _ = self.usher("list", "--format", "plain", "--no-header")
                if status == 0 and (lines := output.splitlines()):
                    self.usher("close", self.random.choice(lines).split("\t")[0])
            case 2:
                self.usher("hold", "litware", "--as", admin, "--", "sleep", "0.1")
            case _:
                token = self.mark()
                where = ["litware", "--as", admin] + (["--new"] if self.random.random() < 0.3 else [])
                status, output, _ = self.usher("run", *where, "--", "Set-LabMark", "-Identity", "x", "-Token", token)
                if status == 0 and token in output:
                    self.done.append(token)


def test_nothing_is_lost_and_nothing_counted_twice(lab, figure):
    lab = lab("--sessions-per-admin", "1000", "--sessions-per-organization", "1000", "--idle-timeout", "20s")
    lab.serve(broker={"open_deadline": "5s"}, tenant_idle="20s", idle_timeout="10s", admins=ADMINS, keep_warm="2s")
    stop = threading.Event()
    clients = [Client(lab, number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    chance = random.Random(SEED)
    begun = time.monotonic()
    for _ in range(KILLS):
        on, what = chance.choice(TROUBLES)
        lab.trouble(on, **what)
        # Until something happened, or a moment passed: any moment is as good as any other to die in.
        stop.wait(chance.uniform(0.05, 0.8))
        lab.world.daemon.kill()
        lab.world.start()
    stop.set()
    for client in clients:
        client.join(8 * COMMAND_PATIENCE)
        assert not client.is_alive() and client.fault is None, client.fault
    lasted = time.monotonic() - begun
    lab.order("clear")
    lab.world.restart()
    lab.world.usher("close", "--mine")
    # What may still run there ends when its Delete is confirmed, and the books with it.
    lab.settles_at(0, within=90)

    stats = lab.stats()
    assert stats["peak"]["tenant"] <= 9, stats["peak"]
    assert max(stats["peak"]["admins"].values()) <= 3, stats["peak"]
    counts = {entry["token"]: entry["count"] for entry in stats["executions"]}
    assert [token for token, count in counts.items() if count > 1] == [], "ran twice"
    said = [token for client in clients for token in client.done]
    assert [token for token in said if counts.get(token) != 1] == [], "was said to be done and was not"
    events = lab.world.usher("audit", "--format", "json").json["items"]
    began = collections.Counter(event["session"] for event in events if event["event"] == "began")
    ended = collections.Counter(event["session"] for event in events if event["event"] == "ended")
    assert began == ended and max(began.values()) == 1
    assert all(event.get("reason") for event in events if event["event"] == "ended")
    statuses = sum((client.statuses for client in clients), collections.Counter())
    assert [told for client in clients for told in client.unexpected] == [], statuses
    figure(
        f"soak, seed {SEED}: {KILLS} kills in {lasted:.0f} s, {stats['creates']['answered']} shells made, peaks"
        f" {stats['peak']['tenant']} and {max(stats['peak']['admins'].values())}, {len(said)} commands done,"
        f" {len(counts)} executed, exit statuses {dict(statuses)}"
    )
