"""Other ways to the lab: an address that leads there and tells how much went along it, and a proxy."""

import contextlib
import socket
import threading
import urllib.parse


class Road:
    def __init__(self, lab):
        self.target = lab.host.split(":")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.bytes = 0
        # What goes there before all that comes.
        self.first = b""
        self.ends = [self.listener]
        lab.world.cleanups.callback(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.ends.append(client)
                if target := self._lead(client):
                    lab = socket.create_connection(target)
                    lab.sendall(self.first)
                    self.ends.append(lab)
                    for ends in ((client, lab), (lab, client)):
                        threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _lead(self, client):
        """Where this one goes."""
        return self.target

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


class Proxy(Road):
    """An HTTP proxy that leads to whatever it is asked for, or refuses with a status."""

    def __init__(self, lab):
        self.asked = []
        self.refusal = None
        super().__init__(lab)

    def _lead(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := client.recv(4096)):
                return None
            head += piece
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append((method, target))
        if self.refusal:
            client.sendall(f"HTTP/1.1 {self.refusal} No\r\nContent-Length: 0\r\n\r\n".encode())
            client.close()
            return None
        if method == "CONNECT":
            self.first = b""
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            # An address without TLS is asked for as a whole.
            url = urllib.parse.urlparse(target)
            self.first = head.replace(target.encode(), url.path.encode() or b"/", 1)
            target = url.netloc
        host, port = target.rsplit(":", 1)
        return host, int(port)
