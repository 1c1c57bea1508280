"""A lab of its own for each test, and clients of it that nobody here wrote."""

import json
import os
import pathlib
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

PROGRAM = os.environ.get("USHER_LAB") or str(
    pathlib.Path(__file__).resolve().parents[2] / ".build" / "debug" / "usher-lab"
)
KEN = "kenmyer@litwareinc.com"
DANA = "dana@litwareinc.com"


class Lab:
    """The program, what it said when it began, and its control port."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [PROGRAM, "--exit-with-stdin", "--user", "kenmyer=secret", "--user", "dana=other", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.line = json.loads(self.process.stdout.readline())
        self.port = urllib.parse.urlparse(self.line["wsman"]).port
        self.tls = ssl.create_default_context(cafile=self.line["caFile"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(timeout=10) == 0

    # The control port.

    def stats(self):
        with urllib.request.urlopen(self.line["control"] + "/stats") as answer:
            return json.load(answer)

    def order(self, path, **words):
        query = urllib.parse.urlencode({name.replace("_", "-"): value for name, value in words.items()})
        request = urllib.request.Request(f"{self.line['control']}/{path}?{query}", method="POST", data=b"")
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def trouble(self, on, do, **words):
        answer = self.order("trouble", on=on, do=do, **words)
        assert answer["ok"], answer

    # Plain HTTP and TLS.

    def get(self, url, data=None, headers=None):
        """The status, the header and the body; redirections by status are not followed."""
        request = urllib.request.Request(url, data=data, headers=headers or {})
        context = self.tls if url.startswith("https:") else None
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def token(self, user=KEN, password="secret"):
        form = {"grant_type": "password", "username": user, "password": password, "resource": self.line["endpoint"]}
        status, _, body = self.get(self.line["token"], urllib.parse.urlencode(form).encode())
        return status, json.loads(body)

    # pypsrp.

    def wsman(self, user=KEN, password="secret", path="powershell", **more):
        return WSMan(
            "localhost",
            port=self.port,
            ssl=True,
            cert_validation=self.line["caFile"],
            auth="basic",
            username=user,
            password=password,
            path=path,
            **more,
        )

    def open(self, user=KEN, password="secret", **more):
        pool = RunspacePool(self.wsman(user, password, **more))
        pool.open()
        return pool


def run(pool, *commands):
    """Runs commands piped into each other, each a name and its arguments. The objects and the pipeline."""
    shell = PowerShell(pool)
    for name, *rest in commands:
        shell.add_cmdlet(name)
        for key, value in (rest[0] if rest else {}).items():
            shell.add_parameter(key, value)
    return shell.invoke(), shell


def script(pool, text):
    shell = PowerShell(pool)
    shell.add_script(text)
    return shell.invoke(), shell
