"""Any Varlink client works, and what no client should send does no harm (UAPI.20)."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

import pytest
import varlink

from events import eventually
from wire import BROKER, SERVICE, Closed, Refused, Wire
from world import COMMAND_PATIENCE, tenant

ME = [os.getuid()]
FRAME_BYTES_MAX = 1 << 20
DEPTH_MAX = 32


@pytest.fixture
def single(empty_world):
    """One seat."""
    empty_world.configure(tenant(per_admin=1)).start()
    return empty_world


# Other people's clients


def test_the_python_client_reads_all_descriptions_and_acquires(single):
    client = varlink.Client(f"unix:{single.socket}")
    connection = client.open_connection()
    assert sorted(client.get_interfaces(connection)) == ["org.usher.broker", "org.varlink.service"]
    broker = client.get_interface("org.usher.broker", connection)
    assert {"Acquire", "Attach", "Watch", "Close", "ListSessions", "GetStatus"} <= {
        name for name, member in broker.members.items() if isinstance(member, varlink.scanner._Method)
    }
    connection.close()

    with client.open("org.usher.broker") as usher:
        session = usher.Acquire("seats")["session"]
        assert session["state"] == "ready"
        assert [held["session"] for held in usher.ListSessions()["sessions"]] == [session["session"]]
        with pytest.raises(varlink.VarlinkError) as refused:
            usher.Acquire("seats")
        assert refused.value.error() == "org.usher.broker.QuotaExceeded"
        facts = refused.value.parameters()
        assert (facts["limit"], facts["inUse"], facts["setting"]) == (1, 1, "sessions_per_admin")
        assert [holder["session"] for holder in facts["holders"]] == [session["session"]]
        assert usher.Close(session["session"])["state"] == "closed"


def test_the_python_client_waits_with_a_stream(single):
    seat = single.open()
    with varlink.Client(f"unix:{single.socket}").open("org.usher.broker") as usher:
        replies = usher.Acquire(tenant="seats", waitSeconds=60, _more=True)
        first = next(replies)
        assert first["position"] == 1
        assert [holder["session"] for holder in first["holders"]] == [seat]
        single.usher("close", seat)
        *_, last = replies
        assert last["session"]["state"] == "ready"
    single.settles_at(0)


@pytest.fixture(scope="session")
def go_client(tmp_path_factory):
    """The client in goclient/, built with what Debian has, or the reason why there is none."""
    sources = pathlib.Path("/usr/share/gocode")
    if not shutil.which("go") or not (sources / "src/github.com/varlink/go").is_dir():
        return None, "golang-go and golang-github-varlink-go-dev are not installed"
    directory = tmp_path_factory.mktemp("go")
    program = directory / "goclient"
    done = subprocess.run(
        ["go", "build", "-o", program, pathlib.Path(__file__).parent / "goclient/main.go"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "GOPATH": str(sources),
            "GO111MODULE": "off",
            "GOCACHE": str(directory / "cache"),
            "GOFLAGS": "",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return program, None


def test_a_go_client_reads_acquires_waits_and_is_refused(single, go_client, not_run):
    program, reason = go_client
    if not program:
        not_run(reason)
    done = subprocess.run(
        [program, f"unix:{single.socket}", "seats"], capture_output=True, text=True, timeout=COMMAND_PATIENCE
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["Product"] == "usherd"
    assert seen["Interfaces"] == ["org.usher.broker", "org.varlink.service"]
    assert seen["Methods"]["org.varlink.service"] == 2
    assert seen["Methods"]["org.usher.broker"] >= 10
    assert seen["Error"] == BROKER + "QuotaExceeded"
    assert seen["Holders"] == 1
    assert seen["Positions"] == [1]
    assert seen["Waited"] == BROKER + "WaitTimeout"
    single.settles_at(0)
    assert single.session(seen["Session"])["reason"] == "clientLeft"


def test_a_pipe_and_a_text_tool_are_client_enough(single, not_run):
    if not shutil.which("socat"):
        not_run("socat is not installed")
    done = subprocess.run(
        ["socat", "-t5", "-", f"UNIX-CONNECT:{single.socket}"],
        input=b'{"method":"org.varlink.service.GetInfo"}\0', capture_output=True, timeout=COMMAND_PATIENCE,
    )  # fmt: skip
    assert json.loads(done.stdout.rstrip(b"\0"))["parameters"]["product"] == "usherd"


# What every service answers


def test_the_description_that_is_served_lists_what_getinfo_names(world):
    info = world.ask(SERVICE + "GetInfo")
    assert info["interfaces"] == ["org.usher.broker", "org.varlink.service"]
    assert {"vendor", "product", "version", "url", "interfaces"} == info.keys()
    for name in info["interfaces"]:
        text = world.ask(SERVICE + "GetInterfaceDescription", {"interface": name})["description"]
        assert f"interface {name}\n" in text and "\n# " in text


@pytest.mark.parametrize(
    "method, parameters, error, facts",
    [
        ("nope.Nope", {}, "InterfaceNotFound", {"interface": "nope"}),
        ("Nope", {}, "MethodNotFound", {"method": BROKER + "Nope"}),
        (SERVICE + "Nope", {}, "MethodNotFound", {"method": SERVICE + "Nope"}),
        (SERVICE + "GetInterfaceDescription", {"interface": "x.y"}, "InterfaceNotFound", {"interface": "x.y"}),
        (SERVICE + "GetInterfaceDescription", {}, "InvalidParameter", {"parameter": "interface"}),
        ("Acquire", {}, "InvalidParameter", {"parameter": "tenant"}),
        ("Acquire", {"tenant": 5}, "InvalidParameter", {"parameter": "tenant"}),
        ("Acquire", {"tenant": None}, "InvalidParameter", {"parameter": "tenant"}),
        ("Acquire", {"tenant": "seats", "uid": 0}, "InvalidParameter", {"parameter": "uid"}),
        ("Acquire", {"tenant": "seats", "waitSeconds": "5"}, "InvalidParameter", {"parameter": "waitSeconds"}),
        ("Acquire", {"tenant": "seats", "waitSeconds": -5}, "InvalidParameter", {"parameter": "waitSeconds"}),
        ("Acquire", {"tenant": "seats", "waitSeconds": 1.5}, "InvalidParameter", {"parameter": "waitSeconds"}),
        ("Acquire", {"tenant": "seats", "waitSeconds": 1 << 62}, "InvalidParameter", {"parameter": "waitSeconds"}),
        ("Acquire", {"tenant": "seats", "lease": "eternal"}, "InvalidParameter", {"parameter": "lease"}),
        ("Acquire", {"tenant": "seats", "lease": "none"}, "InvalidParameter", {"parameter": "lease"}),
        ("Acquire", {"tenant": "seats", "purpose": "x" * 201}, "InvalidParameter", {"parameter": "purpose"}),
        ("Acquire", {"tenant": "seats", "requestId": ""}, "InvalidParameter", {"parameter": "requestId"}),
        ("Acquire", {"tenant": "seats", "requestId": "x" * 65}, "InvalidParameter", {"parameter": "requestId"}),
        ("Close", {"session": "*"}, "InvalidParameter", {"parameter": "session"}),
        ("Close", {"session": ""}, "InvalidParameter", {"parameter": "session"}),
        ("Watch", {"session": "s100"}, "ExpectedMore", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value)[:40],
)
def test_a_wrong_call_has_its_error_and_the_connection_stays(world, method, parameters, error, facts):
    wire = world.wire()
    with pytest.raises(Refused) as refused:
        wire.call(method, parameters)
    assert refused.value.name == error
    assert refused.value.facts == facts
    assert wire.call("GetStatus")["state"] == "running"


def test_absent_null_and_empty_parameters_are_the_same(world):
    wire = world.wire()
    for form in (b"", b',"parameters":null', b',"parameters":{}', b',"parameters":{"tenant":null}'):
        wire.send_bytes(b'{"method":"org.usher.broker.ListSessions"' + form + b"}\0")
        assert wire.result() == {"sessions": []}


def test_white_space_and_vendor_members_are_passed_over(world):
    wire = world.wire()
    wire.send_bytes(b' {\n "method" :\t"org.usher.broker.GetStatus" , "com.example":{"a":[1]} } \0')
    assert wire.result()["state"] == "running"


def test_a_oneway_call_has_no_reply_and_no_error(world):
    wire = world.wire()
    wire.send("Nope", oneway=True)
    wire.send("Acquire", {"tenant": "nowhere"}, oneway=True)
    wire.send("Acquire", {"tenant": "seats"}, oneway=True)
    wire.send("ListSessions")
    assert len(wire.result()["sessions"]) == 1


def test_an_upgrade_is_declined_and_the_connection_stays(world):
    wire = world.wire()
    wire.send("GetStatus", upgrade=True)
    with pytest.raises(Refused) as refused:
        wire.result()
    assert refused.value.name == "MethodNotImplemented"
    assert wire.call("GetStatus")


def test_without_more_nothing_continues(single):
    seat = single.open()
    wire = single.wire()
    wire.send("Acquire", {"tenant": "seats", "waitSeconds": 60})
    eventually("somebody in line", lambda: single.status()["waiting"] == 1)
    single.usher("close", seat)
    reply = wire.receive()
    assert "continues" not in reply and reply["parameters"]["session"]["state"] == "ready"


# What no client should send

GOOD = b'{"method":"org.usher.broker.GetStatus"}'


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="an empty frame"),
        pytest.param(b"hello", id="not JSON"),
        pytest.param(b"{", id="half of JSON"),
        pytest.param(GOOD + b"x", id="trailing bytes"),
        pytest.param(GOOD + GOOD, id="two objects"),
        pytest.param(b"[" + GOOD + b"]", id="an array"),
        pytest.param(b'"text"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"method":"org.usher.broker.GetStat\xff"}', id="invalid UTF-8"),
        pytest.param(b'{"method":"org.usher.broker.GetStatus\\ud800"}', id="half of a surrogate pair"),
        pytest.param(b'{"method":"a\nb.C"}', id="a raw control in a string"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="a byte order mark"),
        pytest.param(b"{}", id="no method"),
        pytest.param(b'{"method":5}', id="method no string"),
        pytest.param(b'{"method":null}', id="method null"),
        pytest.param(GOOD[:-1] + b',"more":1}', id="flag no boolean"),
        pytest.param(GOOD[:-1] + b',"more":null}', id="flag null"),
        pytest.param(GOOD[:-1] + b',"more":true,"oneway":true}', id="two flags"),
        pytest.param(GOOD[:-1] + b',"colour":"red"}', id="an unknown member"),
        pytest.param(GOOD[:-1] + b',"com.example":5}', id="a vendor member that is no object"),
        pytest.param(GOOD[:-1] + b',"parameters":[]}', id="parameters an array"),
        pytest.param(GOOD[:-1] + b',"parameters":"x"}', id="parameters a string"),
        pytest.param(GOOD[:-1] + b',"method":"org.usher.broker.ListSessions"}', id="a duplicated member"),
        pytest.param(GOOD[:-1] + b',"parameters":{"a":1,"a":2}}', id="a duplicated parameter"),
        pytest.param(GOOD[:-1] + b',"parameters":{"a":01}}', id="a number with a leading zero"),
        pytest.param(GOOD[:-1] + b',"parameters":{"a":NaN}}', id="NaN"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100 000 brackets"),
        pytest.param(b'{"a":' * 100_000, id="100 000 braces"),
        pytest.param(
            GOOD[:-1] + b',"parameters":{"a":' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}}", id="one level too deep"
        ),
        pytest.param(b'{"method":"' + b"x" * FRAME_BYTES_MAX + b'"}', id="a frame too long"),
    ],
)
def test_malformed_input_is_cut_off_in_silence_and_logged(world, frame):
    wire = world.wire()
    wire.send_bytes_quietly(frame + b"\0" + GOOD + b"\0")
    assert wire.is_closed()
    line = world.daemon.logged("cut off a client")
    assert line
    entry = next(line for line in world.daemon.log.splitlines() if "cut off a client" in line)
    assert f"uid={os.getuid()}" in entry and f"pid={os.getpid()}" in entry
    assert world.status()["state"] == "running"


def test_an_endless_frame_is_cut_off_at_the_limit(world):
    before = resident(world)
    wire = world.wire()
    sent = 0
    try:
        while sent < 64 << 20:
            wire.send_bytes(b"x" * 65536)
            sent += 65536
    except Closed:
        pass
    assert wire.is_closed()
    assert sent < 4 * FRAME_BYTES_MAX
    assert resident(world) - before < 32 << 20


def resident(world):
    """Bytes of memory that the daemon has."""
    with open(f"/proc/{world.daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_bytes_without_an_end_are_no_call(world):
    wire = world.wire()
    wire.send_bytes(GOOD)
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.is_closed()


def test_a_call_may_come_byte_by_byte(world):
    wire = world.wire()
    for byte in GOOD + b"\0":
        wire.send_bytes(bytes([byte]))
    assert wire.result()["state"] == "running"


def test_pipelined_calls_are_answered_in_order(world):
    wire = world.wire()
    calls = [("GetStatus", "state"), ("ListTenants", "tenants"), ("ListSessions", "sessions")] * 200
    frames = [json.dumps({"method": BROKER + method}).encode() + b"\0" for method, _ in calls]
    wire.send_bytes(b"".join(frames))
    for _, field in calls:
        assert field in wire.result()


def test_what_follows_a_violation_is_not_done(world):
    wire = world.wire()
    acquire = json.dumps({"method": BROKER + "Acquire", "parameters": {"tenant": "seats", "lease": "detached"}})
    wire.send_bytes(b"nonsense\0" + acquire.encode() + b"\0")
    assert wire.is_closed()
    assert world.sessions() == []


def test_calls_before_the_sending_half_was_closed_are_answered(world):
    wire = world.wire()
    wire.send_bytes((GOOD + b"\0") * 3)
    wire.socket.shutdown(socket.SHUT_WR)
    for _ in range(3):
        assert wire.result()["state"] == "running"
    assert wire.is_closed()


def test_a_half_closed_client_gets_its_session_and_then_its_lease_ends(world):
    wire = world.wire()
    wire.send("Acquire", {"tenant": "seats"})
    wire.socket.shutdown(socket.SHUT_WR)
    name = wire.result()["session"]["session"]
    assert wire.is_closed()
    world.settles_at(0, within=2)
    assert world.session(name)["reason"] == "clientLeft"


# Those who do not read, and those who come in crowds


def test_a_client_that_does_not_read_is_bounded_and_holds_nobody_up(world):
    before = resident(world)
    wire = world.wire()
    call = json.dumps(
        {"method": SERVICE + "GetInterfaceDescription", "parameters": {"interface": "org.usher.broker"}}
    ).encode() + b"\0"  # fmt: skip
    wire.socket.settimeout(0.5)
    sent = 0
    try:
        while sent < 100_000:
            wire.socket.sendall(call * 100)
            sent += 100
    except TimeoutError:
        pass
    assert sent < 100_000, "the daemon took calls for 1 GB of replies from a client that reads none"
    assert resident(world) - before < 32 << 20
    assert world.status()["state"] == "running"
    wire.close()


def test_a_slow_reader_is_cut_off_in_time_and_its_seat_freed(empty_world):
    world = empty_world.configure(slow_reader="1s").start() and empty_world
    wire = world.wire()
    wire.acquire()
    call = {"method": SERVICE + "GetInterfaceDescription", "parameters": {"interface": "org.usher.broker"}}
    wire.send_bytes((json.dumps(call).encode() + b"\0") * 100)
    world.settles_at(0, within=4)


def test_a_waiter_that_does_not_read_is_bounded(single):
    seat = single.open()
    wire = single.wire()
    wire.send("Acquire", {"tenant": "seats", "waitSeconds": 600}, more=True)
    before = resident(single)
    # Each leaving of one in front would be news.
    for _ in range(50):
        with Wire(str(single.socket)) as other:
            other.send("Acquire", {"tenant": "seats", "waitSeconds": 600}, more=True)
            other.receive()
    assert resident(single) - before < 8 << 20
    single.usher("close", seat)
    replies = []
    while not replies or replies[-1].get("continues"):
        replies.append(wire.receive())
    assert replies[-1]["parameters"]["session"]["state"] == "ready"


def test_one_connection_too_many_of_a_user_gets_an_answer_to_its_first_call(empty_world):
    world = empty_world.configure(connections_per_user=5).start() and empty_world
    inside = [world.wire() for _ in range(5)]
    for wire in inside:
        wire.call("GetStatus")
    late = world.wire()
    with pytest.raises(Refused) as refused:
        late.call("GetStatus")
    assert refused.value.name == "TooManyRequests"
    assert refused.value.facts == {"setting": "connections_per_user", "limit": 5}
    assert late.is_closed()
    result = world.usher("list")
    assert result.status == 75
    assert "(connections_per_user)" in result.errors
    inside.pop().close()
    eventually("room for one more", lambda: world.usher("list").status == 0)


def test_the_door_is_shut_at_its_limit_and_opens_again(empty_world):
    world = empty_world.configure(connections_max=20, connections_per_user=20).start() and empty_world
    before = resident(world)
    crowd = []
    for _ in range(600):
        crowd.append(Wire(str(world.socket)))
    answers = {"welcome": 0, "refused": 0, "shut": 0}
    for wire in crowd:
        try:
            wire.call("GetStatus")
            answers["welcome"] += 1
        except Refused as refused:
            assert refused.name == "TooManyRequests"
            answers["refused"] += 1
        except Closed:
            answers["shut"] += 1
    assert answers["welcome"] == 20
    assert answers["refused"] >= 256
    for wire in crowd:
        wire.close()
    eventually("the door to be open again", lambda: world.usher("list").status == 0)
    assert resident(world) - before < 32 << 20


def test_hundreds_can_connect_before_the_first_is_accepted(world):
    with world.daemon.halted():
        crowd = [world.wire() for _ in range(500)]
    for wire in crowd[:100]:
        assert wire.call("GetStatus")["state"] == "running"


def test_a_thousand_clients_that_come_and_go_leave_nothing(world):
    world.status()
    descriptors = lambda: len(os.listdir(f"/proc/{world.daemon.process.pid}/fd"))
    before = descriptors()
    for number in range(1000):
        with Wire(str(world.socket)) as wire:
            if number % 3:
                wire.send("Acquire", {"tenant": "seats"})
            if number % 3 == 2:
                wire.send_bytes(b"{")
    eventually("room for one more", lambda: world.usher("status").status == 0)
    world.settles_at(0)
    eventually("all of them to be gone", lambda: world.status()["connections"] == 1)
    assert descriptors() <= before + 4
