"""Seats without a tenant behind them: grants, refusals, the command, idle connections."""

import os
import resource
import shutil
import socket
import statistics
import time

from broker import Broker, seats_alone
from report import USHER, not_run, resident_megabytes, say, whole_process
from slotbench import Slotbench


def append_and_sync(home, seconds):
    """Median microseconds of a 4 KiB append and its fdatasync: what a durable grant cannot beat by much."""
    times, page = [], b"x" * 4096
    file = os.open(home / "append", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        os.write(file, page)
        os.fdatasync(file)
        times.append((time.perf_counter() - begun) * 1e6)
    os.close(file)
    os.unlink(home / "append")
    return statistics.median(times)


def measure_grants(peers, home, quick):
    seconds, rounds = (1, 1) if quick else (3, 3)
    broker = Broker(home, seats_alone(tenants=1000, admins=20), connections_per_user=4096)
    try:
        bench = Slotbench(peers, home, broker)
    except (RuntimeError, FileNotFoundError) as trouble:
        broker.stop()
        return not_run("grants and refusals against Redis", str(trouble))
    sync = append_and_sync(home, seconds)
    say("the disk: 4 KiB append + fdatasync, p50", f"{sync:.0f} us")
    usher, redis = bench.compare(1, "p", seconds, rounds)
    limit = 1.5 * sync + 100
    say("acquire, durable, 1 client, p50", f"{usher['acq_p50_us']:.0f} us", f"<= 1.5 x disk + 100 = {limit:.0f} us",
        usher["acq_p50_us"] <= limit)
    say("  pairs/s, against Redis", f"{usher['per_s'] / redis['per_s']:.2f} x", f"{redis['per_s']:.0f}/s there")
    for clients in (16, 64):
        usher, redis = bench.compare(clients, "p", seconds, rounds)
        ratio = usher["per_s"] / redis["per_s"]
        say(f"pairs/s, {clients} clients, against Redis", f"{ratio:.2f} x",
            f">= 1 ({usher['per_s']:.0f}/s, {redis['per_s']:.0f}/s)", ratio >= 1)
        if clients == 64:
            say("  longest acquire", f"{usher['max_acq_us'] / 1000:.1f} ms", "< 50 ms", usher["max_acq_us"] < 50_000)
            say("  starved clients", f"{usher['starved']:.0f}", "0", usher["starved"] == 0)
        say("  grants beyond a limit, errors", f"{usher['violations']:.0f}, {usher['errors']:.0f}", "0, 0",
            usher["violations"] == usher["errors"] == 0)
    usher, redis = bench.compare(1, "r", seconds, rounds)
    ratio = usher["rej_p50_us"] / redis["rej_p50_us"]
    say("a refusal, 1 client, p50, against Redis", f"{ratio:.2f} x",
        f"<= 1.5 ({usher['rej_p50_us']:.0f} us, {redis['rej_p50_us']:.0f} us)", ratio <= 1.5)
    say("usherd with 1,000 tenants, resident", f"{broker.resident_megabytes():.0f} MB")
    bench.stop()
    broker.stop()


def measure_command(home, quick):
    rounds = 40 if quick else 200
    broker = Broker(home, seats_alone(tenants=1, admins=3))
    command = [str(USHER), "--socket", str(broker.socket), "status"]
    median = whole_process(command, rounds)
    say("usher status, whole process, median", f"{median:.2f} ms", "<= 5 ms", median <= 5)
    largest = resident_megabytes(command)
    if largest is None:
        not_run("  largest resident set", "/usr/bin/time is not installed")
    else:
        say("  largest resident set", f"{largest:.1f} MB", "<= 8 MB", largest <= 8)
    peer = shutil.which("redis-cli")
    if peer:
        theirs = whole_process([peer, "--version"], rounds)
        say("  against redis-cli --version", f"{median / theirs:.2f} x", f"< 1 ({theirs:.2f} ms)", median < theirs)
    else:
        not_run("  against redis-cli --version", "redis-cli is not installed")
    # Now that its start is over; measured at once, it is a start that is measured.
    resident = broker.resident_megabytes()
    say("usherd idle, resident", f"{resident:.1f} MB", "<= 30 MB", resident <= 30)
    broker.stop()


def measure_connections(home, count=10_000):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        return not_run(f"{count:,} idle connections", f"this user may open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    broker = Broker(home, seats_alone(tenants=1, admins=3), connections_max=wanted, connections_per_user=wanted)
    connections = []
    for _ in range(count):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(broker.socket))
        connections.append(connection)
    # The last one is served, so all before it are in.
    connections[-1].sendall(b'{"method":"org.usher.broker.GetStatus"}\0')
    connections[-1].recv(4096)
    megabytes = broker.resident_megabytes()
    say(f"usherd with {count:,} idle connections, resident", f"{megabytes:.0f} MB", "<= 100 MB", megabytes <= 100)
    for connection in connections:
        connection.close()
    broker.stop()
