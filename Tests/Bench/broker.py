"""A usherd of our own in a directory on a real disk."""

import os
import pathlib
import resource
import socket
import subprocess
import sys
import time

from report import USHERD, niced


def seats_alone(tenants, admins):
    """Tenants with nothing behind them, as configuration has them."""
    return {
        f"t{tenant}": ["protocol: none", "sessions_per_admin: 3", "sessions_per_organization: 9", "admins:"]
        + [f"  a{admin}: {{users: [{os.getuid()}]}}" for admin in range(admins)]
        for tenant in range(tenants)
    }


class Broker:
    """The process, its socket and what it costs. `tenants` are lines of YAML by name, `settings` those of the broker."""

    def __init__(self, home, tenants, **settings):
        self.home = home
        self.socket = home / "broker.sock"
        settings = {"socket": self.socket, "state": home / "state.sqlite", **settings}
        lines = ["broker:", *(f"  {name}: {value}" for name, value in settings.items()), "tenants:"]
        for name, inner in tenants.items():
            lines += [f"  {name}:", *("    " + line for line in inner)]
        (home / "usher.yaml").write_text("\n".join(lines) + "\n")
        (home / "usher.yaml").chmod(0o600)
        self.process = subprocess.Popen(
            niced([USHERD, "--config", home / "usher.yaml"]), stderr=open(home / "log", "w")
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(self.socket))
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit("usherd did not come up:\n" + (home / "log").read_text())
                # A socket that is not there yet tells nobody when it is.
                time.sleep(0.02)

    def _status(self, key):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024

    def resident_megabytes(self):
        return self._status("VmRSS")

    def largest_resident_megabytes(self):
        return self._status("VmHWM")

    def cpu_milliseconds(self):
        """Of all its threads so far, in user mode and in the kernel."""
        after_name = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Cost:
    """CPU milliseconds of a stretch of work: of the broker and of the commands that were waited for in it."""

    def __init__(self, broker):
        self.broker = broker

    def _now(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return self.broker.cpu_milliseconds(), (children.ru_utime + children.ru_stime) * 1000

    def __enter__(self):
        self.begun = self._now()
        return self

    def __exit__(self, *_):
        ended = self._now()
        self.daemon, self.commands = ended[0] - self.begun[0], ended[1] - self.begun[1]
        self.both = self.daemon + self.commands
