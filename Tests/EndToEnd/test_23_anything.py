"""Anything, in any order: whatever clients ask, each call is answered, usherd lives, and nothing is left at the tenant.

The requests are right for the most part, because what is wrong in form is refused before the broker hears of it.
"""

import os
import random
import threading
import time

from events import eventually
from wire import Closed, Refused, Wire

SEED = int(os.environ.get("USHER_SEED", str(random.randrange(1 << 32))))
SECONDS = float(os.environ.get("USHER_ANYTHING_SECONDS", "12"))
CLIENTS = 8
TENANTS = ["litware", "litware", "console", "console", "nowhere"]
LEASES = ["connection", "console", "detached", "none"]
WORK = [
    [{"name": "Get-CsTenant"}],
    [{"name": "Get-LabObject", "arguments": [{"name": "Count", "value": {"int": 2000}}]}],
    [{"name": "Start-LabSleep", "arguments": [{"name": "Milliseconds", "value": {"int": 300}}]}],
    [{"name": "Get-LabEndless"}],
    [{"name": "No-Such"}],
]
# These go on for as long as somebody listens.
ENDLESS = {"Watch", "Subscribe", "Invoke"}
# The answer to one of these takes more than one reply.
STREAMS = ENDLESS | {"Audit", "ListCommands"}


class Anybody(threading.Thread):
    """Asks this and that, of sessions that it has heard of or made up, and leaves in the middle now and then."""

    def __init__(self, world, number, end):
        super().__init__()
        self.world, self.end = world, end
        self.random = random.Random(SEED + number)
        self.known = ["s100", "s1zz", "s10"]
        self.asked = 0
        self.fault = None

    def parameters(self, method):
        chance, one_of = self.random.random, self.random.choice
        sure = lambda odds, **words: words if chance() < odds else {}
        tenant, session = {"tenant": one_of(TENANTS)}, {"session": one_of(self.known)}
        match method:
            case "Acquire":
                return {
                    **tenant, **sure(0.5, lease=one_of(LEASES)), **sure(0.4, reuse=True), **sure(0.2, pipelines=True),
                    **sure(0.3, waitSeconds=one_of([0, 1, 2, -1, 1 << 60])), **sure(0.1, admin=one_of(["desk", "pilar"])),
                }  # fmt: skip
            case "Invoke":
                where = session if chance() < 0.6 else {**tenant, **sure(0.3, new=True)}
                return {**where, "commands": one_of(WORK)}
            case "Attach":
                return {**session, "lease": one_of(LEASES)}
            case "Stop":
                return {**session, **sure(0.3, invocation=self.random.randrange(9))}
            case "Answer":
                return {**session, "prompt": self.random.randrange(3)}
            case "Input":
                return {**session, "values": [], **sure(0.5, end=True)}
            case "Close" | "Watch" | "ListCommands":
                return session
            case "Reclaim":
                wish = one_of([tenant, {"orphaned": True}, {"unconfirmed": True}, {"idleSeconds": 0}, {"foreign": True}])
                return {"filter": wish, **sure(0.5, dryRun=True)}
            case "Lock":
                return {**tenant, "message": "for a moment", "seconds": 1}
            case "Drain":
                return {"timeoutSeconds": 1}
            case "ListSessions" | "ListForeign" | "Diagnose" | "Subscribe" | "Audit":
                return sure(0.4, **tenant)
            case _:
                return {}

    METHODS = (
        ["Acquire"] * 8 + ["Invoke"] * 5 + ["Close"] * 5 + ["Attach"] * 4 + ["ListSessions"] * 3 + ["Stop"] * 2
        + ["Watch", "ListCommands", "Answer", "Input", "ListTenants", "ListForeign", "Diagnose", "Subscribe", "Audit"]
        + ["Reclaim", "GetStatus", "GetMetrics", "Lock", "Unlock", "Unlock", "Drain", "Resume", "Resume", "Reload"]
    )  # fmt: skip

    def hear(self, reply):
        words = reply.get("parameters", {})
        sessions = words.get("sessions")
        for said in [words.get("session")] + (sessions if isinstance(sessions, list) else []):
            name = said.get("session") if isinstance(said, dict) else said
            if isinstance(name, str):
                self.known = [*self.known[-9:], name]

    def ask(self, wire):
        method = self.random.choice(self.METHODS)
        more = method in STREAMS or self.random.random() < 0.2
        wire.send(method, self.parameters(method), **({"more": True} if more else {}))
        self.asked += 1
        if self.random.random() < 0.08:
            raise Closed
        # Time for all that a call waits for by rule: the tenants' answers, a close that is not confirmed.
        end = time.monotonic() + (self.random.choice([0.05, 0.5, 2]) if method in ENDLESS else 60)
        while True:
            try:
                reply = wire.receive(max(0.001, end - time.monotonic()))
            except TimeoutError:
                if method in ENDLESS:
                    raise Closed from None
                raise AssertionError(f"{method} was not answered") from None
            self.hear(reply)
            if not reply.get("continues"):
                return

    def run(self):
        try:
            while time.monotonic() < self.end:
                with Wire(str(self.world.socket)) as wire:
                    try:
                        while time.monotonic() < self.end:
                            self.ask(wire)
                    except Closed:
                        pass
        except Exception as fault:
            self.fault = fault


def test_whatever_is_asked_in_whatever_order_is_answered_and_leaves_nothing(lab):
    lab = lab()
    world = lab.world

    def configure(keep_warm, limit):
        console = (
            f"  console: {{protocol: none, sessions_per_admin: {limit}, idle_timeout: 1m, "
            f"admins: {{desk: {{users: [{os.getuid()}]}}}}}}\n"
        )
        world.configure(lab.tenant(keep_warm=keep_warm) + console, credentials=lab.facts["credentials"])

    configure("0s", 3)
    world.start()
    everybody = [Anybody(world, number, time.monotonic() + SECONDS) for number in range(CLIENTS)]
    for somebody in everybody:
        somebody.start()
    # Meanwhile the rules change: some of what is asked reloads them.
    chance = random.Random(SEED)
    while any(somebody.is_alive() for somebody in everybody):
        configure(chance.choice(["0s", "1m"]), chance.choice([1, 3]))
        everybody[0].join(0.5)
    faults = [somebody.fault for somebody in everybody if somebody.fault]
    assert world.daemon.process.poll() is None and not faults, f"USHER_SEED={SEED}: {faults}\n{world.daemon.log[-3000:]}"
    # Programs as they are installed cut off one caller for a mistake of ours, and go on.
    assert "cannot be answered with" not in world.daemon.log, f"USHER_SEED={SEED}: {world.daemon.log[-3000:]}"

    with Wire(str(world.socket)) as wire:
        for method, parameters in [("Resume", {}), ("Unlock", {"tenant": "litware"}), ("Unlock", {"tenant": "console"})]:
            wire.call(method, parameters)

    def close_all():
        for session in world.sessions():
            try:
                world.ask("Close", {"session": session["session"]})
            except Refused:
                pass  # It has ended meanwhile.
        return not world.sessions() and lab.stats()["live"] == 0

    eventually(f"nothing to be left (USHER_SEED={SEED})", close_all, within=60)
    stats = lab.stats()
    assert stats["creates"]["answered"] == stats["deletes"], f"USHER_SEED={SEED}: {stats}"
    assert sum(somebody.asked for somebody in everybody) > 100
