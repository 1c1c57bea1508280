"""Another address that leads to the lab, and tells how much went along it."""

import contextlib
import socket
import threading


class Road:
    def __init__(self, lab):
        self.target = lab.host.split(":")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.bytes = 0
        self.ends = [self.listener]
        lab.world.cleanups.callback(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                lab = socket.create_connection(self.target)
                self.ends += [client, lab]
                for ends in ((client, lab), (lab, client)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self.bytes += len(piece)
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        """Nothing goes along it any more, and nobody answers at its end."""
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
