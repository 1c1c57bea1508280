"""What goes wrong on the way between usherd and a tenant, and what of it people get to see: nothing, where nothing was lost,
and the truth where something was."""

import json
import struct
import threading
import time

import pytest

from events import eventually
from psrpcore_server import COMMANDS, LOSE, SHELL, SHELL_GONE, SPACES, Failure, Fault, Habits, types

BASIC = {"WWW-Authenticate": 'Basic realm="WSMAN"'}


class Trouble:
    """Does something to the requests of one kind, from the `first`, `times` times."""

    def __init__(self, server, kind, what, first=1, times=1):
        self.kind, self.what, self.first, self.times = kind, what, first, times
        self.seen, self.done = 0, 0
        self.lock = threading.Lock()
        server.trouble = self

    def __call__(self, operation, envelope):
        if operation == "Receive":
            wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", SPACES)
            operation = "CommandReceive" if "CommandId" in wanted.attrib else "PoolReceive"
        elif operation == "Signal":
            operation = envelope.findtext("s:Body/rsp:Signal/rsp:Code", "", SPACES).rpartition("/")[2]
        if operation != self.kind:
            return None
        with self.lock:
            self.seen += 1
            if not self.first <= self.seen < self.first + self.times:
                return None
            self.done += 1
            return self.what


def slowly(command):
    """Three objects, each in an answer of its own."""
    for number in range(3):
        command.tell("write_output", types.PSInt(number))
        eventually("an answer to take it", lambda: not command.output)


@pytest.fixture(autouse=True)
def slow_command(monkeypatch):
    monkeypatch.setitem(COMMANDS, "Slowly", slowly)


@pytest.fixture
def met(meet):
    return meet(Habits())


MOMENT = {
    "429": (429, b"", {"Retry-After": "1"}),
    "503": (503, b"busy", {"Content-Type": "text/html"}),
    "503 for a second": (503, b"busy", {"Retry-After": "1"}),
    "502": (502, b"<html>", {"Content-Type": "text/html"}),
    "401": (401, b"", BASIC),
    "operations": Fault(2150859174, "w:QuotaLimit", "The maximum number of concurrent operations has been exceeded."),
    "load": Fault(2150859176, "w:QuotaLimit", "The system load quota of 1000 requests per 2 seconds has been exceeded."),
    "rate": Fault(2150859175, "w:QuotaLimit", "Too many requests."),
}


@pytest.mark.parametrize("what", MOMENT)
def test_what_is_refused_for_a_moment_costs_no_output(met, what):
    session = met.world.open("litware")
    trouble = Trouble(met.server, "CommandReceive", MOMENT[what], first=2)
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Slowly")
    assert (told.status, told.output.split()) == (0, ["0", "1", "2"]), told
    assert trouble.done == 1 and [held["state"] for held in met.world.sessions()] == ["ready"]


def test_output_that_was_lost_is_told(met):
    session = met.world.open("litware")
    trouble = Trouble(met.server, "CommandReceive", LOSE, first=2)
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Slowly")
    assert trouble.done == 1 and told.status == 69, told
    assert told.output.split() == ["0", "2"] and "a part of its output was lost" in told.errors, told


def test_an_answer_that_was_lost_with_nothing_in_it_costs_nothing(met):
    """The connection breaks before the server has anything to say."""
    session = met.world.open("litware")
    trouble = Trouble(met.server, "CommandReceive", (502, b"", {}), first=1, times=3)
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Get-Many", "-Count", "500")
    assert trouble.done == 3 and told.status == 0 and len(told.output.splitlines()) == 500, told


@pytest.mark.parametrize("kind", ["PoolReceive", "Command", "CommandReceive", "Send", "Terminate", "Delete"])
def test_a_proof_that_is_refused_once_in_a_session_costs_nothing(met, kind):
    session = met.world.open("litware")
    trouble = Trouble(met.server, kind, (401, b"", BASIC))
    if kind == "PoolReceive":
        # The poll that is out comes back with a message of the pool's.
        with met.server.lock:
            [shell] = met.server.shells.values()
            shell.pool.request_key()
            shell.sort()
        eventually("the next poll to be refused", lambda: trouble.done == 1)
    told = met.world.usher(
        "run", session, "--secret", "pin=-", "--format", "jsonl", "--", "Reveal", "-Secret", "$pin", input=b"hush\n")
    assert told.status == 0 and json.loads(told.output) == "hush", told
    assert met.world.usher("close", session).status == 0
    assert trouble.done == 1 and met.server.shells == {}


def test_a_wrong_password_is_sent_once(met):
    (met.world.directory / "credentials/litware-ken").write_text("wrong\n")
    told = met.run("Slowly")
    assert told.status == 77 and met.server.counts == {"Unauthorized": 1}, (told, met.server.counts)


def test_a_proof_of_another_kind_is_asked_for_by_name(met):
    Trouble(met.server, "Enumerate", (401, b"", {"WWW-Authenticate": "Negotiate"}), times=99)
    for _ in range(2):
        told = met.run("Slowly")
        assert told.status == 69 and "takes negotiate, and not auth: basic" in told.errors, told


def test_a_command_that_may_not_be_freed_now_is_freed_later(met):
    session = met.world.open("litware")
    rate = Fault(2150859175, "w:QuotaLimit", "Too many requests.")
    trouble = Trouble(met.server, "Terminate", rate, times=2)
    for _ in range(2):
        assert met.world.usher("run", session, "--", "Get-Many", "-Count", "1").status == 0
    eventually("both refusals", lambda: trouble.done == 2)
    eventually("the server to hold no command", lambda: not any(s.commands for s in met.server.shells.values()))


@pytest.mark.parametrize("what", ["401", "503 for a second", "rate"])
def test_an_interrupt_is_not_lost_with_one_request(met, what):
    session = met.world.open("litware")
    trouble = Trouble(met.server, "crtl_c", MOMENT[what])
    process = met.world.start_usher("run", session, "--format", "jsonl", "--", "Start-Wait")
    assert process.line()
    process.interrupt()
    assert process.result().status == 130 and trouble.done == 1
    eventually("the session to be ready again", lambda: [s["state"] for s in met.world.sessions()] == ["ready"])


def test_a_server_that_spells_the_signal_out_is_told_so(meet):
    met = meet(Habits(signals=("powershell/signal/ctrl_c", f"{SHELL}/signal/Terminate")))
    session = met.world.open("litware")
    process = met.world.start_usher("run", session, "--format", "jsonl", "--", "Start-Wait")
    assert process.line()
    process.interrupt()
    assert process.result().status == 130 and met.server.counts["ctrl_c"] == 1
    eventually("the session to be ready again", lambda: [s["state"] for s in met.world.sessions()] == ["ready"])


def test_where_no_metadata_is_given_the_command_that_lists_is_asked(met, monkeypatch):
    """The failure and CommandState Done come in one answer; the end of the first pipeline is not that of the second."""

    def refuse(command):
        raise Failure("The language mode does not allow it.", "NotAllowed")

    def list_commands(command):
        found = types.PSCustomObject(Name="Get-Mailbox", CommandType=types.CommandTypes.Cmdlet, Parameters=types.PSDict({}))
        command.tell("write_output", found)

    monkeypatch.setitem(COMMANDS, "metadata", refuse)
    monkeypatch.setitem(COMMANDS, "Get-Command", list_commands)
    receive = met.server.receive

    def receive_at_the_end(envelope):
        wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", SPACES)
        if name := wanted.attrib.get("CommandId"):
            [command] = [c for shell in met.server.shells.values() for id, c in shell.commands.items() if str(id) == name.lower()]
            eventually("it to have ended", lambda: command.has_ended)
        return receive(envelope)

    met.server.receive = receive_at_the_end
    told = met.world.usher("commands", "litware", "--format", "jsonl")
    assert told.status == 0 and [json.loads(line)["name"] for line in told.output.splitlines()] == ["Get-Mailbox"], told


def test_what_went_wrong_with_one_pipeline_is_not_the_next_ones(met, monkeypatch):
    """The answer to what was sent into a pipeline that is over is a fault, and comes while another one runs."""
    second_runs = threading.Event()

    def second(command):
        second_runs.set()
        command.tell("write_output", types.PSString("begun"))
        eventually("the fault of the first to be told", lambda: trouble.done)
        # Answers of its own, one after the other: what was told before the last of them has been heard.
        for word in ("one", "two", "done"):
            command.tell("write_output", types.PSString(word))
            eventually("an answer to take it", lambda: not command.output)

    class Late(Trouble):
        def __call__(self, operation, envelope):
            if operation != "Send" or "CommandId" not in envelope.find("s:Body/rsp:Send/rsp:Stream", SPACES).attrib:
                return None
            second_runs.wait(20)
            self.done += 1
            return self.what

    monkeypatch.setitem(COMMANDS, "Get-First", lambda command: command.tell("write_output", types.PSString("first")))
    monkeypatch.setitem(COMMANDS, "Get-Second", second)
    session = met.world.open("litware")
    trouble = Late(met.server, "Send", Fault(2150858843, "w:InvalidSelectors", "There is no such command."))
    first = met.world.usher("run", session, "--format", "jsonl", "--input", "jsonl", "--", "Get-First", input=b'{"n":1}\n')
    assert first.status == 0, first
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Get-Second")
    assert (told.status, told.output.split()) == (0, ['"begun"', '"one"', '"two"', '"done"']), told


def test_breaks_with_healthy_polls_between_them_never_add_up(met, monkeypatch):
    """Each time the server has nothing to say it says so, and the next connection breaks."""

    class EverySecond(Trouble):
        def __call__(self, operation, envelope):
            if operation != "Receive" or "CommandId" not in envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", SPACES).attrib:
                return None
            self.seen += 1
            if self.seen > 16:
                return None
            self.done += 1
            return (502, b"", {}) if self.seen % 2 else Fault(2150858793, "w:TimedOut", "Nothing yet.")

    def patient(command):
        eventually("all that goes wrong to be over", lambda: trouble.seen > 16)
        command.tell("write_output", types.PSString("done"))

    monkeypatch.setitem(COMMANDS, "Get-Patient", patient)
    session = met.world.open("litware")
    trouble = EverySecond(met.server, "Receive", None)
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Get-Patient")
    assert (told.status, told.output.split()) == (0, ['"done"']), told


def refuse_to_list(envelope):
    raise Fault(5, "w:AccessDenied", "Access is denied.")


PAGE = (200, b"<html>Please wait</html>", {"Content-Type": "text/html"})


@pytest.mark.parametrize("front", [LOSE, PAGE], ids=["cut", "page"])
def test_a_shell_that_comes_late_of_a_create_without_an_answer_is_found_and_deleted(met, front):
    """The front end cuts the connection, or has a page of its own, at once; the back end goes on."""
    make, made = met.server.create, threading.Event()

    def create(envelope):
        threading.Timer(4, lambda: (make(envelope), made.set())).start()

    met.server.enumerate, met.server.create = refuse_to_list, create
    if front is PAGE:
        met.server.trouble = lambda operation, envelope: (create(envelope), PAGE)[1] if operation == "Create" else None
    else:
        Trouble(met.server, "Create", LOSE)
    told = met.world.usher("open", "litware", "--detach", within=40)
    assert told.status == 69 and len(met.world.sessions()) == 1, "its seat is not given to somebody else"
    assert made.wait(20)
    eventually("the shell to be found and deleted", lambda: met.server.shells == {} and met.world.sessions() == [])
    assert met.server.counts["Delete"] >= 1


def test_a_fault_of_no_known_code_may_have_made_a_shell_and_that_is_deleted(met):
    make = met.server.create

    def create(envelope):
        make(envelope)
        raise Fault(1726, "w:Unknown", "The remote procedure call failed.")

    met.server.enumerate, met.server.create = refuse_to_list, create
    told = met.world.usher("open", "litware", "--detach")
    assert told.status == 69 and "1726" in told.errors, told
    eventually("the shell to be deleted", lambda: met.server.shells == {} and met.world.sessions() == [])


def test_what_a_server_says_beside_is_passed_over(met):
    """Of no known type, with no body that anybody could read; on another stream; and a state that nobody knows."""
    session = met.world.open("litware")
    with met.server.lock:
        [shell] = met.server.shells.values()
        message = struct.pack("<II", 1, 0x00021099) + shell.pool.runspace_pool_id.bytes_le + bytes(16) + b"\x01\x02"
        shell.output.append(struct.pack(">QQBI", 9999, 0, 3, len(message)) + message)
        shell.changed.notify_all()
    eventually("it to be taken", lambda: not shell.output)
    receive = met.server.receive

    def with_more(envelope):
        answer = receive(envelope).replace(
            "<rsp:ReceiveResponse>", '<rsp:ReceiveResponse><rsp:Stream Name="stderr">aGVsbG8=</rsp:Stream>')
        wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", SPACES)
        if "CommandId" in wanted.attrib and "CommandState" not in answer:
            state = f'<rsp:CommandState CommandId="{wanted.attrib["CommandId"]}" State="{SHELL}/CommandState/Odd"/>'
            answer = answer.replace("</rsp:ReceiveResponse>", state + "</rsp:ReceiveResponse>")
        return answer

    met.server.receive = with_more
    told = met.world.usher("run", session, "--format", "jsonl", "--", "Slowly")
    assert (told.status, told.output.split()) == (0, ["0", "1", "2"]), told


def test_where_a_cookie_leads_that_is_not_ours_to_send_not_found_proves_nothing(meet):
    met = meet(Habits(cookie="BIGipServerpool=1.2.3"))
    met.server.enumerate = refuse_to_list
    session = met.world.open("litware")
    # From now on a balancer sends what has no cookie to another machine.
    gone = Fault(SHELL_GONE, "w:InvalidSelectors", "The shell was not found.")
    met.server.trouble = lambda operation, envelope: gone if operation == "Delete" else None
    met.world.daemon.logged("sets a cookie that is not in affinity_cookies: BIGipServerpool")
    closed = met.world.usher("close", session, within=60)
    assert [held["state"] for held in met.world.sessions()] == ["unconfirmed"], (closed, "the shell is alive elsewhere")


def test_to_another_address_of_the_same_host_it_goes_without_being_told(met):
    trouble = Trouble(met.server, "Create", (307, b"", {"Location": "/wsman/"}))
    told = met.world.usher("run", "litware", "--format", "jsonl", "--", "Slowly")
    assert told.status == 0 and trouble.done == 1, told


def test_polls_that_bring_nothing_at_once_are_asked_for_in_steps(met):
    met.world.open("litware")
    namespaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())

    class Empty(Trouble):
        def __call__(self, operation, envelope):
            if super().__call__(operation, envelope) is None:
                return None
            message = envelope.findtext("s:Header/a:MessageID", "", SPACES)
            text = (f"<s:Envelope {namespaces}><s:Header><a:RelatesTo>{message}</a:RelatesTo></s:Header>"
                    "<s:Body><rsp:ReceiveResponse/></s:Body></s:Envelope>")
            return 200, text.encode(), {"Content-Type": "application/soap+xml"}

    trouble = Empty(met.server, "PoolReceive", "empty", times=10**9)
    with met.server.lock:
        [shell] = met.server.shells.values()
        shell.pool.request_key()
        shell.sort()
    eventually("a few polls", lambda: trouble.done >= 3)
    before, began = trouble.done, time.monotonic()
    eventually("some more", lambda: trouble.done >= before + 4)
    assert time.monotonic() - began > 0.5


def test_an_address_too_long_to_be_spoken_of_makes_no_session(met):
    def create(envelope, make=met.server.create):
        return make(envelope).replace("</w:SelectorSet>", f"<w:Selector Name='X'>{'x' * 600_000}</w:Selector></w:SelectorSet>")

    met.server.create = create
    told = met.world.usher("open", "litware", "--detach")
    assert told.status == 69 and "too long" in told.errors, told
    eventually("its shell to be deleted", lambda: met.server.shells == {})
    assert met.world.usher("status").status == 0


def test_a_tenant_that_breaks_the_protocol_is_told_as_that(met):
    session = met.world.open("litware")

    def broken(command):
        command.output.append(b"\0" * 21)
        command.tell("write_output", types.PSInt(1))

    COMMANDS["Slowly"] = broken
    told = met.world.usher("run", session, "--", "Slowly")
    assert told.status == 69 and "the tenant broke the protocol" in told.errors, told


def test_keys_of_a_dictionary_that_look_alike_are_all_there(met):
    entries = {types.PSInt(1): types.PSString("number"), types.PSString("1"): types.PSString("text")}
    COMMANDS["Slowly"] = lambda command: command.tell("write_output", types.PSCustomObject(Map=types.PSDict(entries)))
    [record] = met.records("Slowly")
    assert record == {"Map": {"1": "number", "1#2": "text"}}
