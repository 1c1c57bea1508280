"""The lab tenant in a world: usher-lab, its control port, and a configuration of usherd that leads to it."""

import json
import os
import pathlib
import subprocess
import urllib.parse
import urllib.request

from events import PATIENCE, TooLate, eventually
from world import REPOSITORY

USHER_LAB = pathlib.Path(os.environ.get("USHER_LAB", REPOSITORY / ".build/release/usher-lab"))
ADMINS = ("kenmyer", "pilar", "dana", "priya", "sam", "chris")


class Lab:
    """One life of usher-lab, and the world whose daemon uses it."""

    def __init__(self, world, *options):
        self.world = world
        self.directory = world.directory / "lab"
        self.directory.mkdir(mode=0o700)
        self.process = subprocess.Popen(
            [USHER_LAB, "--state-dir", self.directory, "--exit-with-stdin", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        world.cleanups.callback(self.close)
        line = self.process.stdout.readline()
        assert line, "usher-lab did not start"
        self.facts = json.loads(line)
        # host:port, as lists of hosts have it.
        self.host = urllib.parse.urlparse(self.facts["token"]).netloc

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    # how usherd gets there

    def tenant(self, name="litware", users=None, admins=ADMINS, basic=False, **settings):
        """The tenant as YAML. `users` may act as every account; by default whoever runs the tests."""
        place = {"discovery_uri": self.facts["discovery"], "domain": self.facts["domain"], "auth": "oauth"}
        if basic:
            place = {"endpoint": self.facts["basicEndpoint"], "auth": "basic"}
        place |= {
            "profile": "lync-online-2013",
            "ca_file": self.facts["caFile"],
            "token_hosts": [self.host],
            "redirect_hosts": [self.host],
            **settings,
        }
        lines = [f"  {name}:"] + [f"    {key}: {json.dumps(value)}" for key, value in place.items()] + ["    admins:"]
        for admin in admins:
            account = {
                "upn": f"{admin}@{self.facts['domain']}",
                "users": [str(user) for user in users or [os.getuid()]],
                "credential": f"litware-{admin}",
            }
            lines.append(f"      {admin}: {json.dumps(account)}")
        return "\n".join(lines) + "\n"

    def serve(self, broker=None, **settings):
        """Starts the world's daemon with this tenant."""
        self.configure(broker, **settings)
        self.world.start()
        return self

    def configure(self, broker=None, **settings):
        broker = {"credentials": self.facts["credentials"], **(broker or {})}
        self.world.configure(self.tenant(**settings), **broker)

    def secret(self, admin, text=None):
        """Writes another password into an account's file; without one, the right one."""
        path = pathlib.Path(self.facts["credentials"]) / f"litware-{admin}"
        path.write_text((text or self.facts["users"][f"{admin}@{self.facts['domain']}"]) + "\n")

    # the control port

    def stats(self):
        with urllib.request.urlopen(self.facts["control"] + "/stats", timeout=PATIENCE) as answer:
            return json.load(answer)

    def requests(self, kind):
        return self.stats()["requestsOf"].get(kind, 0)

    def order(self, path, **words):
        query = urllib.parse.urlencode({name.replace("_", "-"): value for name, value in words.items()})
        request = urllib.request.Request(f"{self.facts['control']}/{path}?{query}", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def trouble(self, on, do, **words):
        self.order("trouble", on=on, do=do, **words)

    def says_nothing(self):
        """From now on it lists no shells, as services do that let only administrators of the machine."""
        self.trouble("Enumerate", "fault", code=5, subcode="w:AccessDenied", text="Access is denied", times="every")

    def reaches(self, kind, count=1):
        eventually(f"{count} requests of the kind {kind}", lambda: self.requests(kind) >= count)

    def settles_at(self, count, within=PATIENCE):
        """Waits until the tenant counts so many shells, and our books as many sessions."""
        def differences():
            held = [(session["session"], session["state"]) for session in self.world.sessions()]
            live = self.stats()["live"]
            return [] if live == len(held) == count else [f"{live} shells", held]

        try:
            eventually(f"{count} shells at the lab and on the books", lambda: not differences(), within)
        except TooLate as late:
            raise TooLate(f"{late}: {differences()}") from None
