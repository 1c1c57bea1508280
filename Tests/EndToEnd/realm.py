"""A realm of Kerberos, MIT's own KDC in a folder, and a door in front of the lab that opens to its tickets."""

import base64
import http.client
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.parse

REALM = "LITWAREINC.COM"


def missing():
    """The program that is not here, or nothing."""
    for name in ("krb5kdc", "kadmin.local", "kdb5_util"):
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") is None:
            return name
    try:
        import gssapi  # noqa: F401
    except ImportError:
        return "python3 gssapi"
    return None


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Realm:
    """Its KDC answers until `close`."""

    def __init__(self, directory, ticket_life="1h"):
        self.directory = directory
        directory.mkdir()
        self.port = free_port()
        (directory / "krb5.conf").write_text(
            f"""[libdefaults]
                default_realm = {REALM}
                dns_lookup_kdc = false
                dns_canonicalize_hostname = false
                rdns = false
                ticket_lifetime = {ticket_life}
            [realms]
                {REALM} = {{
                    kdc = 127.0.0.1:{self.port}
                }}
            """
        )
        (directory / "kdc.conf").write_text(
            f"""[kdcdefaults]
                kdc_listen = 127.0.0.1:{self.port}
                kdc_tcp_listen = 127.0.0.1:{self.port}
            [realms]
                {REALM} = {{
                    database_name = {directory}/principal
                    key_stash_file = {directory}/stash
                    acl_file = {directory}/acl
                    max_life = {ticket_life}
                }}
            """
        )
        self.environment = {
            **os.environ,
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin",
            "KRB5_CONFIG": str(directory / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(directory / "kdc.conf"),
        }
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master of the realm")
        self.kadmin("addprinc -randkey HTTP/localhost")
        self.kadmin(f"ktadd -k {directory}/http.keytab HTTP/localhost")
        self.start()

    def run(self, *words):
        subprocess.run(words, env=self.environment, check=True, capture_output=True, timeout=30)

    def kadmin(self, query):
        self.run("kadmin.local", "-r", REALM, "-q", query)

    def start(self):
        self.kdc = subprocess.Popen(
            ["krb5kdc", "-n", "-r", REALM],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                threading.Event().wait(0.02)
        raise AssertionError("the KDC does not listen")

    def stop(self):
        self.kdc.terminate()
        self.kdc.wait(10)

    def admin(self, name, password):
        self.kadmin(f"addprinc -pw {password} {name}")

    def keytab(self, name, path):
        self.kadmin(f"ktadd -norandkey -k {path} {name}")


class Door:
    """HTTPS that wants a ticket on each connection, and hands on what its owner asks, under his name, to the lab."""

    def __init__(self, realm, lab):
        import gssapi

        self.gssapi = gssapi
        self.realm, self.lab = realm, lab
        self.credentials = gssapi.Credentials(
            usage="accept", store={"keytab": f"FILE:{realm.directory}/http.keytab"}
        )
        self.seen = []
        self.refused = 0
        key, certificate = realm.directory / "door.key", realm.directory / "door.pem"
        realm.run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)),
        )
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.user = None

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")
                fields = []
                if scheme.lower() == "negotiate":
                    try:
                        context = door.gssapi.SecurityContext(creds=door.credentials, usage="accept")
                        answer = context.step(base64.b64decode(token))
                        self.user = str(context.initiator_name)
                        if answer:
                            fields.append(("WWW-Authenticate", "Negotiate " + base64.b64encode(answer).decode()))
                    except door.gssapi.exceptions.GSSError:
                        self.user = None
                if self.user is None:
                    door.refused += 1
                    return self.reply(401, [("WWW-Authenticate", "Negotiate")], b"")
                door.seen.append((self.user, self.headers.get("Authorization") is not None, len(body)))
                status, kind, data = door.ask(self.user, body)
                self.reply(status, [*fields, ("Content-Type", kind)], data)

            def reply(self, status, fields, data):
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self.server.server_address[1]}/powershell"
        self.ca_file = str(certificate)

    def ask(self, principal, body):
        name = principal.split("@")[0] + "@" + self.lab.facts["domain"]
        password = self.lab.facts["users"].get(name)
        if password is None:
            return 403, "text/plain", b"no such administrator"
        place = urllib.parse.urlparse(self.lab.facts["basicEndpoint"])
        context = ssl.create_default_context(cafile=self.lab.facts["caFile"])
        connection = http.client.HTTPSConnection("localhost", place.port, context=context, timeout=90)
        basic = base64.b64encode(f"{name}:{password}".encode()).decode()
        connection.request(
            "POST",
            place.path,
            body,
            {"Authorization": f"Basic {basic}", "Content-Type": "application/soap+xml;charset=UTF-8"},
        )
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type") or "text/plain", data

    def close(self):
        self.server.shutdown()
        self.server.server_close()
