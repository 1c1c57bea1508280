"""A Varlink client that does just what a test tells it to, also what no client should."""

import json
import socket
import time

from events import PATIENCE

BROKER = "org.usher.broker."
SERVICE = "org.varlink.service."


class Closed(Exception):
    """The broker ended the connection."""


class Refused(Exception):
    """An error reply."""

    def __init__(self, reply):
        super().__init__(json.dumps(reply))
        self.name = reply["error"].removeprefix(BROKER).removeprefix(SERVICE)
        self.facts = reply.get("parameters", {})


class Wire:
    """One connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.pending = b""
        try:
            # At once or not at all: a queue that is full says so.
            self.socket.setblocking(False)
            self.socket.connect(path)
            self.socket.settimeout(PATIENCE)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send_bytes_quietly(self, data):
        """Sends what the broker may cut off halfway."""
        try:
            self.send_bytes(data)
        except Closed:
            pass

    def send(self, method, parameters=None, **flags):
        if "." not in method:
            method = BROKER + method
        call = {"method": method, "parameters": parameters or {}, **flags}
        self.send_bytes(json.dumps(call).encode() + b"\0")

    def receive(self, within=PATIENCE):
        """The next reply, whatever it says."""
        end = time.monotonic() + within
        while b"\0" not in self.pending:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError as error:
                raise Closed from error
            if not data:
                assert not self.pending, f"the broker stopped within a reply: {self.pending[:80]!r}"
                raise Closed
            self.pending += data
        frame, self.pending = self.pending.split(b"\0", 1)
        return json.loads(frame)

    def result(self, within=PATIENCE):
        """The next reply's parameters; an error reply is raised."""
        reply = self.receive(within)
        if "error" in reply:
            raise Refused(reply)
        return reply.get("parameters", {})

    def call(self, method, parameters=None, within=PATIENCE):
        self.send(method, parameters)
        return self.result(within)

    def stream(self, method, parameters=None, within=PATIENCE):
        """Calls with `more` and gives each reply until the last."""
        self.send(method, parameters, more=True)
        while True:
            reply = self.receive(within)
            if "error" in reply:
                raise Refused(reply)
            yield reply.get("parameters", {})
            if not reply.get("continues"):
                return

    def is_closed(self, within=PATIENCE):
        """Whether the broker ends the connection without a further word."""
        try:
            self.receive(within)
        except Closed:
            return True
        except TimeoutError:
            return False
        return False

    def acquire(self, tenant="seats", **parameters):
        return self.call("Acquire", {"tenant": tenant, **parameters})["session"]
