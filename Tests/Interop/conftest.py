"""A daemon and the server that is a tenant of its, for every test here that wants them."""

import json
import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

from psrpcore_server import PASSWORD, USER, Server
from world import World, tenant


class Meeting:
    """A server of psrpcore's with these habits, and a daemon that has it for a tenant."""

    def __init__(self, world, server):
        self.world, self.server = world, server

    def run(self, *words, **more):
        return self.world.usher("run", "litware", "--format", "jsonl", "--", *words, **more)

    def records(self, *words):
        result = self.run(*words)
        assert result.status == 0, result
        return [json.loads(line) for line in result.output.splitlines()]


@pytest.fixture
def meet(tmp_path):
    worlds = []

    def meet(habits):
        server, world = Server(tmp_path, habits), World()
        worlds.append((server, world))
        secrets = world.directory / "credentials"
        secrets.mkdir(mode=0o700)
        (secrets / "litware-ken").write_text(PASSWORD + "\n")
        (secrets / "litware-ken").chmod(0o600)
        text = tenant("litware", 3, 9, idle_timeout="60s", tenant_idle="120s", auth="basic", endpoint=server.url,
                      ca_file=server.ca_file)
        text = text.replace("    protocol: none\n", "").replace("desk: {", f"ken: {{upn: {USER}, credential: litware-ken, ")
        world.configure(text, credentials=secrets).start()
        return Meeting(world, server)

    yield meet
    for server, world in worlds:
        world.close()
        server.close()
