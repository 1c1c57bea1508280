"""A world for one test: a directory, a configuration, a daemon, and commands that talk to it."""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading

from events import PATIENCE, TooLate, eventually
from wire import Wire

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
USHERD = pathlib.Path(os.environ.get("USHERD", REPOSITORY / ".build/debug/usherd"))
USHER = pathlib.Path(os.environ.get("USHER", REPOSITORY / ".build-static/release/usher"))

# How long any command may take that is not meant to wait.
COMMAND_PATIENCE = 30


def tenant(name="seats", per_admin=3, organization=None, admins=None, **settings):
    """A tenant of seats, as YAML. `admins` maps each to its users; by default `desk` is whoever runs the tests."""
    lines = [f"  {name}:", "    protocol: none", f"    sessions_per_admin: {per_admin}"]
    if organization is not None:
        lines.append(f"    sessions_per_organization: {organization}")
    lines += [f"    {key}: {value}" for key, value in settings.items()]
    lines.append("    admins:")
    for admin, users in (admins or {"desk": [os.getuid()]}).items():
        quoted = ", ".join(f'"{user}"' for user in users)
        lines.append(f"      {admin}: {{users: [{quoted}]}}")
    return "\n".join(lines) + "\n"


class Notifications:
    """The service manager's end of NOTIFY_SOCKET. A thread reads, because nobody may be kept waiting who notifies."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.received = []
        # The descriptor store, by names.
        self.stored = {}
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 65536, 16)
            if data == b"quit":
                return
            lines = data.decode().split("\n")
            with self.changed:
                self._store(lines, descriptors)
                self.received += lines
                self.changed.notify_all()

    def _store(self, lines, descriptors):
        name = next((line.removeprefix("FDNAME=") for line in lines if line.startswith("FDNAME=")), "stored")
        if "FDSTOREREMOVE=1" in lines and name in self.stored:
            os.close(self.stored.pop(name))
        for descriptor in descriptors:
            if "FDSTORE=1" in lines:
                self.stored[name] = descriptor
            else:
                os.close(descriptor)

    def mark(self):
        """A place in what was received; later ones come after it."""
        with self.changed:
            return len(self.received)

    def wait(self, matches, since=0, within=PATIENCE):
        """The first line since then that `matches`."""
        with self.changed:
            found = lambda: next((line for line in self.received[since:] if matches(line)), None)
            if not self.changed.wait_for(lambda: found() is not None, within):
                raise TooLate(f"no such notification within {within:g} s; there were {self.received[since:]}")
            return found()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.sendto(b"quit", str(self.path))
            self.thread.join(PATIENCE)
        self.socket.close()


class Daemon:
    """One life of usherd."""

    def __init__(self, world, environment=None, arguments=(), wrapper=(), pass_fds=()):
        self.world = world
        self.log_path = world.directory / "usherd.log"
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        self.since = world.notifications.mark()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("JOURNAL_STREAM", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC")
            and not name.lower().endswith("_proxy")
        }
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, USHERD, "--config", world.config, *arguments],
                env={**inherited, "NOTIFY_SOCKET": str(world.notifications.path), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=pass_fds,
            )

    @property
    def log(self):
        """What it wrote in this life."""
        return self.log_path.read_bytes()[self.log_start :].decode(errors="replace")

    def ready(self):
        try:
            self.told(lambda line: line == "READY=1")
        except TooLate:
            raise TooLate(f"usherd is not ready; status {self.process.poll()}, log:\n{self.log}") from None
        return self

    def told(self, matches, within=PATIENCE):
        return self.world.notifications.wait(matches, self.since, within)

    def logged(self, text, within=PATIENCE):
        return eventually(f"{text!r} in the log", lambda: text in self.log, within)

    def send(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        if self.process.poll() is None:
            self.send(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def terminate(self):
        """Ends it as systemd does and returns its status."""
        self.send(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def thread_states(self):
        """What each thread does, as proc(5) has it."""
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            yield (task / "stat").read_text().rpartition(")")[2].split()[0]

    @contextlib.contextmanager
    def halted(self):
        """Stands still inside: it exists and answers nothing."""
        self.send(signal.SIGSTOP)
        try:
            # On a busy machine the signal takes a while to reach all threads.
            eventually("all threads to stand still", lambda: set(self.thread_states()) == {"T"})
            yield
        finally:
            self.send(signal.SIGCONT)


class Result:
    """What a command left."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    def __repr__(self):
        return f"[exit {self.status}]\n{self.output}\n--- standard error\n{self.errors}"

    @property
    def json(self):
        return json.loads(self.output)

    @property
    def error(self):
        """The one JSON object on standard error."""
        lines = self.errors.splitlines()
        assert len(lines) == 1, f"more than one object: {self.errors}"
        return json.loads(lines[0])


class Command:
    """A running `usher` in a process group of its own, so that nothing of it is left afterwards."""

    def __init__(self, arguments, environment, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        if not options.get("start_new_session"):
            options["process_group"] = 0
        self.process = subprocess.Popen([str(argument) for argument in arguments], env=environment, **options)
        self.pid = self.process.pid

    def result(self, within=COMMAND_PATIENCE):
        output, errors = self.process.communicate(timeout=within)
        return Result(self.process.returncode, (output or b"").decode(), (errors or b"").decode())

    def line(self):
        """The next line of its output."""
        line = self.process.stdout.readline()
        if line:
            return line.decode().rstrip("\n")
        raise AssertionError(f"no line came: {self.result()}")

    def interrupt(self):
        os.kill(self.pid, signal.SIGINT)

    def kill(self):
        """kill -9 of usher alone; what it started lives on until `clean`."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def clean(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


class World:
    """Everything a test needs, made for it alone."""

    def __init__(self):
        # Short, because a socket's path may have 107 bytes; open to others, because some tests are other users.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="usher-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.socket = self.directory / "broker.sock"
        self.config = self.directory / "usher.yaml"
        self.state_directory = self.directory / "state"
        self.state_directory.mkdir()
        self.state = self.state_directory / "state.sqlite"
        self.usher_program = USHER
        self.notifications = Notifications(self.directory / "notify.sock")
        self.daemon = None
        self.daemons = []
        self.commands = []
        self.cleanups = contextlib.ExitStack()

    # the daemon

    def configure(self, *tenants, **broker):
        settings = {"socket": self.socket, "state": self.state, **broker}
        text = "broker:\n" + "".join(f"  {key}: {value}\n" for key, value in settings.items())
        text += "tenants:\n" + "".join(tenants or [tenant()])
        self.write_configuration(text)
        return self

    def write_configuration(self, text):
        self.config.write_text(text)
        self.config.chmod(0o644)

    def start_with_stored(self):
        """Starts the daemon as a service manager does that holds descriptors for it."""
        stored = self.notifications.stored
        move = "import os, sys\n"
        for place, descriptor in enumerate(stored.values()):
            move += f"os.dup2(os.dup({descriptor}), {3 + place})\n"
        names = ":".join(stored)
        move += f"os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='{len(stored)}', LISTEN_FDNAMES='{names}')\n"
        move += "os.execv(sys.argv[1], sys.argv[1:])\n"
        # Far above where they are to be.
        kept = {name: fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for name, descriptor in stored.items()}
        for name, descriptor in kept.items():
            move = move.replace(f"os.dup({stored[name]})", f"{descriptor}")
        try:
            return self.start(wrapper=[sys.executable, "-c", move], pass_fds=tuple(kept.values()))
        finally:
            for descriptor in kept.values():
                os.close(descriptor)

    def start(self, wait=True, **options):
        self.daemon = Daemon(self, **options)
        self.daemons.append(self.daemon)
        return self.daemon.ready() if wait else self.daemon

    def restart(self):
        """Ends the daemon as a crash does, and starts it anew."""
        self.daemon.kill()
        return self.start()

    # talking to it

    def wire(self):
        wire = Wire(str(self.socket))
        self.cleanups.callback(wire.close)
        return wire

    def ask(self, method, parameters=None):
        with Wire(str(self.socket)) as wire:
            return wire.call(method, parameters)

    def sessions(self, **parameters):
        return self.ask("ListSessions", parameters)["sessions"]

    def session(self, name):
        return next((session for session in self.sessions(ended=True) if session["session"] == name), None)

    def status(self):
        return self.ask("GetStatus")

    def settles_at(self, count, within=PATIENCE):
        """Waits until so many seats are taken, as the broker says."""
        eventually(f"{count} sessions", lambda: len(self.sessions()) == count, within)

    # commands

    def environment(self, **more):
        kept = ("PATH", "LANG", "TERM")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "USHER_SOCKET": str(self.socket),
            "HOME": str(self.directory),
            **more,
        }

    def start_usher(self, *arguments, environment=None, **options):
        command = Command([self.usher_program, *arguments], self.environment(**(environment or {})), **options)
        self.commands.append(command)
        return command

    def usher(self, *arguments, within=COMMAND_PATIENCE, input=None, **options):
        if input is not None:
            options["stdin"] = subprocess.PIPE
        command = self.start_usher(*arguments, **options)
        if input is not None:
            command.process.stdin.write(input)
            command.process.stdin.close()
            command.process.stdin = None
        return command.result(within)

    def open(self, tenant="seats", *options, **more):
        """Opens a session that outlives its command, and returns its id."""
        result = self.usher("open", tenant, "--detach", *options, **more)
        assert result.status == 0, result
        return result.output.strip()

    def shell(self, script, within=COMMAND_PATIENCE, **environment):
        """Runs a shell script in which `usher` is ours."""
        command = Command(
            ["bash", "-c", script],
            self.environment(PATH=f"{self.usher_program.parent}:{os.environ['PATH']}", **environment),
        )
        self.commands.append(command)
        return command.result(within)

    # the journal

    def query(self, sql):
        """Asks the journal as an operator does, with the sqlite3 shell."""
        done = subprocess.run(
            ["sqlite3", "-json", "-cmd", ".timeout 5000", self.state, sql],
            capture_output=True,
            text=True,
            timeout=COMMAND_PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else []

    def seats_at_once(self, scope="tenant"):
        """The most seats ever taken at a time, by the journal's own account, for each tenant or admin."""
        taken, most = {}, {}
        with contextlib.closing(sqlite3.connect(self.state, timeout=5)) as journal:
            for event, key in journal.execute(
                f"SELECT event, {scope} FROM events WHERE event IN ('began', 'ended') ORDER BY number"
            ):
                taken[key] = taken.get(key, 0) + (1 if event == "began" else -1)
                most[key] = max(most.get(key, 0), taken[key])
        return most

    def close(self):
        for command in self.commands:
            command.clean()
        self.cleanups.close()
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    daemon.send(signal.SIGCONT)
            daemon.kill()
        self.notifications.close()
        shutil.rmtree(self.directory, ignore_errors=True)
