"""What is printed, and how a program is run so that its figure means something."""

import os
import pathlib
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
USHERD = HERE / ".build/release/usherd"
USHER_LAB = HERE / ".build/release/usher-lab"
USHER = HERE / ".build-static/release/usher"


def say(what, value, target=None, holds=None):
    verdict = "" if holds is None else "ok" if holds else "MISSED"
    print(f"{what:<52} {value:>16}   {target or '':<34} {verdict}", flush=True)


def not_run(what, why):
    print(f"{what:<52} {'NOT RUN':>16}   {why}", flush=True)


def niced(command):
    """The command at a raised priority, if we may."""
    allowed = os.geteuid() == 0
    return (["nice", "-n", "-15"] if allowed else []) + [str(word) for word in command]


def whole_process(command, rounds):
    """Median milliseconds from start to end."""
    times = []
    with open(os.devnull, "w") as null:
        files = [(os.POSIX_SPAWN_DUP2, null.fileno(), 1), (os.POSIX_SPAWN_DUP2, null.fileno(), 2)]
        for _ in range(rounds):
            begun = time.perf_counter()
            os.waitpid(os.posix_spawn(command[0], command, os.environ, file_actions=files), 0)
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def resident_megabytes(command):
    """The largest resident set of a command. By way of time(1), because a child of ours begins with our own size."""
    if not os.path.exists("/usr/bin/time"):
        return None
    said = subprocess.run(["/usr/bin/time", "-f", "%M", *command], capture_output=True, text=True).stderr
    return int(said.splitlines()[-1]) / 1024
