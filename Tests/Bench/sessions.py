"""Sessions at a tenant: what objects, a command on an idle session and an opening cost, against usher-lab.

The peer is pypsrp, which scripts/test puts into .venv. It asks the same server for the same, and what it needs is counted from
an open pool to the last object, without the start of Python and without printing.
"""

import json
import os
import subprocess
import urllib.parse

from broker import Broker, Cost
from report import HERE, USHER, USHER_LAB, not_run, resident_megabytes, say, whole_process

OBJECTS = 10_000
PYTHON = HERE / ".venv/bin/python"

PEER = """
import sys, time
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
port, ca, user, password, count = sys.argv[1:]
wsman = WSMan("localhost", port=int(port), ssl=True, cert_validation=ca, auth="basic", username=user, password=password,
              path="powershell")
with RunspacePool(wsman) as pool:
    begun = time.process_time()
    shell = PowerShell(pool).add_cmdlet("Get-LabObject").add_parameter("Count", int(count))
    objects = shell.invoke()
    ended = time.process_time()
assert len(objects) == int(count), len(objects)
print((ended - begun) * 1000)
"""


class Lab:
    """usher-lab with room for everybody, and the tenant that leads there."""

    def __init__(self, home):
        folder = home / "lab"
        folder.mkdir(mode=0o700)
        self.process = subprocess.Popen(
            [USHER_LAB, "--state-dir", folder, "--exit-with-stdin", "--sessions-per-admin", "1000"]
            + ["--sessions-per-organization", "1000"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.facts = json.loads(self.process.stdout.readline())

    def tenant(self):
        host = urllib.parse.urlparse(self.facts["token"]).netloc
        place = {
            "profile": "lync-online-2013", "auth": "oauth", "discovery_uri": self.facts["discovery"],
            "domain": self.facts["domain"], "ca_file": self.facts["caFile"], "token_hosts": [host],
            "redirect_hosts": [host],
        }
        account = {"upn": f"kenmyer@{self.facts['domain']}", "users": [str(os.getuid())], "credential": "litware-kenmyer"}
        return {
            "litware": [f"{name}: {json.dumps(value)}" for name, value in place.items()]
            + ["admins:", f"  kenmyer: {json.dumps(account)}"]
        }

    def peer_milliseconds(self, rounds):
        """CPU of pypsrp for the objects, the best of some rounds."""
        user = f"kenmyer@{self.facts['domain']}"
        port = urllib.parse.urlparse(self.facts["basicEndpoint"]).port
        command = [PYTHON, "-c", PEER, str(port), self.facts["caFile"], user, self.facts["users"][user], str(OBJECTS)]
        return min(float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def measure_sessions(home, quick):
    lab = Lab(home)
    broker = Broker(home, lab.tenant(), credentials=lab.facts["credentials"])
    usher = [str(USHER), "--socket", str(broker.socket)]
    session = subprocess.run(
        [*usher, "open", "litware", "--detach", "--format", "json"], capture_output=True, check=True
    ).stdout
    session = json.loads(session)["item"]["session"]

    rounds = 40 if quick else 200
    median = whole_process([*usher, "run", session, "--", "Get-CsTenant"], rounds)
    say("usher run on an idle session, whole process, median", f"{median:.1f} ms", "<= 15 ms", median <= 15)

    get = [*usher, "run", session, "--format", "jsonl", "--", "Get-LabObject", "-Count"]
    taken = []
    for _ in range(1 if quick else 3):
        with Cost(broker) as cost, subprocess.Popen([*get, str(OBJECTS)], stdout=subprocess.PIPE) as run:
            lines = sum(1 for _ in run.stdout)
            run.wait()
        assert lines == OBJECTS, f"{lines} of {OBJECTS} objects"
        taken.append(cost)
    ours = min(taken, key=lambda cost: cost.both)
    say(f"{OBJECTS:,} objects, CPU of usherd and usher", f"{ours.both:.0f} ms",
        f"usherd {ours.daemon:.0f}, usher {ours.commands:.0f}")
    if PYTHON.exists():
        theirs = lab.peer_milliseconds(1 if quick else 3)
        say("  pypsrp from the same server, against ours", f"{theirs / ours.both:.1f} x", f">= 10 ({theirs:.0f} ms)",
            theirs >= 10 * ours.both)
    else:
        not_run("  pypsrp from the same server", "scripts/test installs it into .venv")

    few, many = (resident_megabytes([*get, str(count)]) for count in (OBJECTS, 5 * OBJECTS))
    largest = broker.largest_resident_megabytes()
    if few is None:
        not_run("  largest resident set", "/usr/bin/time is not installed")
    else:
        say("  usher, five times the objects, largest set", f"{many:.1f} MB", f"<= {few:.1f} + 4 MB", many <= few + 4)
    say("  usherd, largest resident set", f"{largest:.0f} MB", "<= 64 MB", largest <= 64)

    opens = 20 if quick else 100
    for _ in range(2):  # One for the account's token and connection, and then as any day.
        with Cost(broker) as cost:
            for _ in range(opens):
                subprocess.run([*usher, "hold", "litware", "--", "true"], check=True, capture_output=True)
    say("an opening and its end, CPU of usherd and usher", f"{cost.both / opens:.1f} ms",
        f"<= 15 ms (usherd {cost.daemon / opens:.1f}, usher {cost.commands / opens:.1f})", cost.both / opens <= 15)
    subprocess.run([*usher, "close", session], check=True, capture_output=True)
    broker.stop()
    lab.stop()
