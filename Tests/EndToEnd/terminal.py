"""usher on a pseudo terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time


class Terminal:
    """usher on a pseudo terminal, and somebody who reads and types there."""

    def __init__(self, world, *arguments, size=(24, 80)):
        self.screen = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            program = str(world.usher_program)
            os.execve(program, [program, *arguments], world.environment(TERM="xterm"))

    def read_until(self, pattern, within=20):
        """What was shown up to a text that is awaited."""
        until = time.monotonic() + within
        while not (found := re.search(pattern, self.screen)):
            left = until - time.monotonic()
            assert left > 0, f"{pattern!r} did not come: {self.screen!r}"
            if select.select([self.descriptor], [], [], left)[0]:
                try:
                    self.screen += os.read(self.descriptor, 65536).decode()
                except OSError:
                    assert re.search(pattern, self.screen), f"{pattern!r} did not come: {self.screen!r}"
        seen, self.screen = self.screen[: found.end()], self.screen[found.end() :]
        return seen

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def ends_with(self, status, within=20):
        until = time.monotonic() + within
        while True:
            try:
                if select.select([self.descriptor], [], [], 0.05)[0]:
                    self.screen += os.read(self.descriptor, 65536).decode()
            except OSError:
                pass
            pid, result = os.waitpid(self.process, os.WNOHANG)
            if pid:
                break
            assert time.monotonic() < until, f"it did not end: {self.screen!r}"
        os.close(self.descriptor)
        assert os.waitstatus_to_exitcode(result) == status, self.screen
        return self.screen
