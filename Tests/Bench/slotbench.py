"""The load generator that drives many brokers alike, and a Redis to compare with."""

import csv
import shutil
import statistics
import subprocess
import time

from report import niced


class Slotbench:
    """The load generator, built from the peers' folder, and a Redis to compare with."""

    def __init__(self, peers, home, broker):
        self.home = home
        self.broker = broker
        self.program = home / "slotbench"
        sources = sorted(str(path) for path in peers.glob("ad_*.c"))
        built = subprocess.run(
            ["cc", "-O2", "-w", "-o", str(self.program), str(peers / "slotbench.c"), *sources]
            + ["-I/usr/include/postgresql", "-lhiredis", "-lpq", "-lsqlite3"],
            capture_output=True, text=True,
        )
        if built.returncode:
            raise RuntimeError("slotbench does not build here: " + built.stderr.strip().splitlines()[-1])
        if not shutil.which("redis-server"):
            raise RuntimeError("redis-server is not installed")
        self.header = subprocess.run([str(self.program), "-H"], capture_output=True, text=True).stdout.strip()
        self.redis_socket = home / "redis.sock"
        self.redis = subprocess.Popen(
            niced(["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--dir", home])
            + ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"],
            stdout=subprocess.DEVNULL,
        )
        while subprocess.run(["redis-cli", "-s", str(self.redis_socket), "ping"], capture_output=True).stdout != b"PONG\n":
            # A socket that is not there yet tells nobody when it is.
            time.sleep(0.02)

    def run(self, who, clients, mode, seconds):
        adapter = (
            ["-a", "redis", "-o", f"sock={self.redis_socket}"]
            if who == "redis"
            else ["-a", "varlink", "-o", f"sock={self.broker.socket}"]
            + ["-o", "acquire=org.usher.broker.Acquire", "-o", "release=org.usher.broker.Close"]
            + ["-o", "id=session", "-o", "reject=QuotaExceeded"]
            + ["-o", 'acquire_params={"tenant":"t%t","admin":"a%a"}', "-o", 'release_params={"session":"%s"}']
        )
        command = [self.program, "-l", who, "-d", seconds, "-c", clients, "-m", mode, "-p", self.home, *adapter]
        output = subprocess.run(niced(command), capture_output=True, text=True).stdout
        return {key: float(value) for key, value in next(csv.DictReader([self.header, output])).items()
                if key not in ("label", "mode")}

    def compare(self, clients, mode, seconds, rounds):
        """Medians of interleaved rounds, for us and for Redis."""
        taken = {"usher": [], "redis": []}
        for _ in range(rounds):
            for who in taken:
                taken[who].append(self.run(who, clients, mode, seconds))
        return [
            {key: statistics.median(run[key] for run in taken[who]) for key in taken[who][0]} | {
                "violations": sum(run["violations"] for run in taken[who]),
                "errors": sum(run["errors"] for run in taken[who]),
            }
            for who in ("usher", "redis")
        ]

    def stop(self):
        self.redis.terminate()
        self.redis.wait(30)
