"""A broker that is none."""

import json
import socket
import threading


class Liar(threading.Thread):
    """Answers every connection's first call with the replies it was given, as one that was taken over might."""

    def __init__(self, world, replies):
        super().__init__(daemon=True)
        self.path = world.directory / "liar.sock"
        self.replies = replies
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen(16)
        world.cleanups.callback(self.listening.close)
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                if connection.recv(65536):
                    for reply in self.replies:
                        connection.sendall(json.dumps(reply, ensure_ascii=False).encode() + b"\0")
