#!/usr/bin/env python3
"""Makes the fixtures of CLIXMLTests and PSRPTests: what two other implementations of the protocol write.

    python3 -m venv venv && venv/bin/pip install psrpcore==0.3.1 pypsrp==0.9.1
    venv/bin/python Tests/Interop/make_psrp_fixtures.py

The output is the same every time: ids and times are given, and what has to be random is left out.
"""

import base64
import datetime
import pathlib
import uuid
from xml.etree import ElementTree

import psrpcore
import pypsrp.serializer
from psrpcore import types
from psrpcore.types._serializer import serialize

TESTS = pathlib.Path(__file__).resolve().parent.parent
HEAD = "// swift-format-ignore-file\n// Made by Tests/Interop/make_psrp_fixtures.py; not to be changed by hand.\n\n"

NASTY = "a_x0041_b _X _x \t\r\n\0\x1b\x7f\x9b <&>\"' Zoë €𝄞🦆"
TREAT = datetime.timezone(datetime.timedelta(hours=2))


def guid(name):
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def text_of(value):
    return ElementTree.tostring(serialize(value, None), encoding="unicode", short_empty_elements=True)


def swift(text):
    return '####"' + text + '"####' if "\n" not in text else '####"""\n' + text + '\n"""####'


def clixml_samples():
    shared = types.PSCustomObject(Name="shared")
    circular = types.PSCustomObject(Name="outer")
    types.add_note_property(circular, "Self", circular)
    row = types.PSCustomObject(
        Identity="sip:dana@litware.example",
        DisplayName="Dana Ødegård",
        Enabled=True,
        Id=guid("dana"),
        WhenCreated=types.PSDateTime(2011, 6, 28, 9, 30, 15, 123456, tzinfo=datetime.timezone.utc, nanosecond=700),
        Policies=["one", "two"],
        Quota=types.PSInt64(9000000000),
        Nothing=None,
    )
    decorated = types.PSString("text with a note")
    types.add_note_property(decorated, "Note", types.PSInt(5))
    yield "null", None
    yield "bool", True
    yield "string", types.PSString("Get-CsTenant")
    yield "nastyString", types.PSString(NASTY)
    yield "emptyString", types.PSString("")
    yield "blankString", types.PSString("  ")
    yield "char", types.PSChar("é")
    yield "byte", types.PSByte(255)
    yield "sbyte", types.PSSByte(-128)
    yield "uint16", types.PSUInt16(65535)
    yield "int16", types.PSInt16(-32768)
    yield "uint32", types.PSUInt(4294967295)
    yield "int32", types.PSInt(-2147483648)
    yield "uint64", types.PSUInt64(18446744073709551615)
    yield "int64", types.PSInt64(-9223372036854775808)
    yield "single", types.PSSingle(1.5)
    yield "double", types.PSDouble(-0.1)
    yield "decimal", types.PSDecimal("79228162514264337593543950335")
    yield "bytes", types.PSByteArray(bytes(range(256)))
    yield "guid", types.PSGuid(guid("litware"))
    yield "uri", types.PSUri("https://litware.example/?a=b&c=ü")
    yield "version", types.PSVersion("5.1.14393.2248")
    yield "xml", types.PSXml("<a b=\"c\">d</a>")
    yield "scriptBlock", types.PSScriptBlock("Get-CsTenant |\n  Select-Object Name")
    yield "dateTimeUTC", types.PSDateTime(2018, 6, 13, 23, 46, 28, 5160, tzinfo=datetime.timezone.utc)
    yield "dateTimeOffset", types.PSDateTime(2018, 6, 13, 23, 46, 28, 1, tzinfo=TREAT, nanosecond=100)
    yield "dateTimeUnspecified", types.PSDateTime(2018, 6, 13, 23, 46, 28)
    yield "duration", types.PSDuration(days=1, hours=2, minutes=3, seconds=4, microseconds=567000)
    yield "negativeDuration", types.PSDuration(days=-2, seconds=1)
    yield "list", types.PSList([types.PSInt(1), types.PSString("a"), None])
    yield "emptyList", types.PSList([])
    yield "stack", types.PSStack([types.PSInt(1), types.PSInt(2)])
    queue = types.PSQueue()
    queue.put(types.PSString("first"))
    queue.put(types.PSString("second"))
    yield "queue", queue
    yield "dictionary", types.PSDict({"a": types.PSInt(1), types.PSInt(2): types.PSList(["x"])})
    yield "customObject", row
    yield "nestedObject", types.PSCustomObject(Inner=types.PSCustomObject(Inner=types.PSCustomObject(Name="deep")))
    yield "sharedObject", types.PSList([shared, shared])
    yield "circularObject", circular
    yield "enumeration", types.ErrorCategory.ObjectNotFound
    yield "decoratedString", decorated
    yield "errorRecord", types.ErrorRecord(
        Exception=types.NETException(Message="The user was not found."),
        CategoryInfo=types.ErrorCategoryInfo(
            Category=types.ErrorCategory.ObjectNotFound, Activity="Get-CsOnlineUser", Reason="ManagementException",
            TargetName="dana", TargetType="UserIdParameter"),
        FullyQualifiedErrorId="NotFound,Get-CsOnlineUser",
    )
    yield "hostInfo", types.HostInfo(
        IsHostNull=False, IsHostUINull=False, IsHostRawUINull=False, UseRunspaceHost=False,
        HostDefaultData=types.HostDefaultData(
            ForegroundColor=types.ConsoleColor.Green, BackgroundColor=types.ConsoleColor.Black,
            CursorPosition=types.Coordinates(X=1, Y=2), WindowPosition=types.Coordinates(X=3, Y=4), CursorSize=10,
            BufferSize=types.Size(Width=120, Height=3000), WindowSize=types.Size(Width=120, Height=50),
            MaxWindowSize=types.Size(Width=121, Height=51), MaxPhysicalWindowSize=types.Size(Width=122, Height=52),
            WindowTitle="Usher"),
    )


def write_clixml():
    out = [HEAD, "/// Values as psrpcore 0.3.1 serialises them.\nenum SerializedByPSRPCore {\n"]
    out.append("    static let nasty = " + "".join(
        ['"'] + ["\\u{%X}" % ord(c) if ord(c) < 32 or ord(c) > 126 or c in '"\\' else c for c in NASTY] + ['"']) + "\n")
    out.append("    static let samples: [(name: String, text: String)] = [\n")
    for name, value in clixml_samples():
        out.append(f'        ("{name}", {swift(text_of(value))}),\n')
    out.append("    ]\n}\n\n/// Values as pypsrp 0.9.1 serialises them.\nenum SerializedByPyPSRP {\n")
    out.append("    static let samples: [(name: String, text: String)] = [\n")
    pysrp = pypsrp.serializer.Serializer()
    for name, value in [
        ("string", NASTY), ("int32", 5), ("bool", False), ("null", None), ("list", [1, "a", None]),
        ("dictionary", {"a": 1, "b": [2]}), ("double", 1.25),
        ("guid", guid("litware")),
    ]:
        element = pysrp.serialize(value)
        out.append(f'        ("{name}", {swift(ElementTree.tostring(element, encoding="unicode"))}),\n')
    out.append("    ]\n}\n")
    (TESTS / "CLIXMLTests/Fixtures/SerializedByOthers.swift").write_text("".join(out))


class Conversation:
    """A client and a server of psrpcore that talk to each other; every payload is written down."""

    def __init__(self, fragment=32768):
        self.fragment = fragment
        self.steps = []
        self.client = psrpcore.ClientRunspacePool(runspace_pool_id=guid("pool"))
        self.server = psrpcore.ServerRunspacePool(application_private_data={"Greeting": "hello"})
        self.pipelines = 0

    def events(self, pool):
        found = []
        while event := pool.next_event():
            found.append(event)
        return found

    def ask(self):
        """Lets the client's messages reach the server."""
        while payload := self.client.data_to_send(self.fragment):
            self.steps.append(("client", payload.pipeline_id, payload.data))
            self.server.receive_data(payload)
        return self.events(self.server)

    def tell(self):
        """Lets the server's messages reach the client."""
        while payload := self.server.data_to_send(self.fragment):
            self.steps.append(("server", payload.pipeline_id, payload.data))
            self.client.receive_data(payload)
        return self.events(self.client)

    def open(self):
        self.client.open()
        self.ask()
        self.tell()
        assert self.client.state == types.RunspacePoolState.Opened

    def start(self, *commands, **options):
        self.pipelines += 1
        shell = psrpcore.ClientPowerShell(self.client, pipeline_id=guid(f"pipeline {self.pipelines}"), **options)
        for command in commands:
            shell.add_command(command)
        return self.run(shell)

    def run(self, client):
        client.start()
        server = psrpcore.ServerPipeline(self.server, client.pipeline_id)
        self.ask()
        server.start()
        return client, server


def opening():
    talk = Conversation()
    talk.open()
    yield from talk.steps


def streams(fragment):
    talk = Conversation(fragment)
    talk.open()
    client, server = talk.start("Get-CsTenant")
    when = types.PSDateTime(2018, 6, 13, 23, 46, 28, tzinfo=datetime.timezone.utc)
    server.write_output(types.PSCustomObject(Identity="litware", Note=NASTY, Long="x" * 2000))
    server.write_output(None)
    server.write_warning("careful")
    server.write_verbose("step 1")
    server.write_debug("inside")
    server.write_progress("Reading", 7, "half", current_operation="user 5", percent_complete=50, seconds_remaining=3)
    server.write_information("for information", "Get-CsTenant", time_generated=when, tags=["PSHOST"], user="dana",
                             computer="server", process_id=1, native_thread_id=2, managed_thread_id=3)
    server.write_error(types.NETException(Message="The user was not found."),
                       category_info=types.ErrorCategoryInfo(Category=types.ErrorCategory.ObjectNotFound),
                       fully_qualified_error_id="NotFound")
    server.complete()
    talk.tell()
    yield from talk.steps


def stopping():
    talk = Conversation()
    talk.open()
    client, server = talk.start("Start-Sleep")
    server.write_output(types.PSInt(1))
    talk.tell()
    client.begin_stop()
    server.begin_stop()
    server.stop()
    talk.tell()
    yield from talk.steps


def input_and_calls():
    talk = Conversation()
    talk.open()
    shell = psrpcore.ClientPowerShell(talk.client, pipeline_id=guid("pipeline 1"), no_input=False)
    shell.add_command("Set-CsUser").add_parameter("Identity", "dana").add_argument(types.PSInt(5))
    client, server = talk.run(shell)
    client.send(types.PSString("first"))
    client.send(types.PSInt(2))
    client.send_eof()
    talk.ask()
    call = server.host_call(types.HostMethodIdentifier.ReadLine)
    talk.tell()
    client.host_response(call, return_value=types.PSString("typed"))
    talk.ask()
    server.host_call(types.HostMethodIdentifier.WriteLine2, [types.PSString("shown")])
    server.complete()
    talk.tell()
    yield from talk.steps


def housekeeping():
    talk = Conversation()
    talk.open()
    talk.client.set_max_runspaces(3)
    talk.ask()
    talk.server.runspace_availability_response(1, True)
    talk.client.get_available_runspaces()
    talk.ask()
    talk.server.runspace_availability_response(2, 3)
    talk.server.send_event(5, "source", message_data=types.PSString("data"), computer="server",
                           time_generated=types.PSDateTime(2018, 6, 13, 23, 46, 28))
    talk.server.host_call(types.HostMethodIdentifier.GetName)
    talk.server.request_key()
    talk.server.close()
    talk.tell()
    yield from talk.steps


def metadata():
    talk = Conversation()
    talk.open()
    question = psrpcore.ClientGetCommandMetadata(talk.client, ["Get-Cs*"], pipeline_id=guid("pipeline 1"))
    client, server = talk.run(question)
    server.write_output(types.CommandMetadataCount(Count=0))
    server.complete()
    talk.tell()
    yield from talk.steps


def breaking():
    talk = Conversation()
    talk.client.open()
    talk.ask()
    talk.tell()
    talk.server.set_broken(types.ErrorRecord(
        Exception=types.NETException(Message="Out of runspaces."), CategoryInfo=types.ErrorCategoryInfo(),
        FullyQualifiedErrorId="Broken"))
    talk.tell()
    yield from talk.steps


def write_psrp():
    out = [HEAD, "/// Both sides of conversations between a client and a server of psrpcore 0.3.1.\n"]
    out.append("enum TalksOfPSRPCore {\n")
    out.append(f'    static let poolID = "{guid("pool")}"\n    static let pipelineID = "{guid("pipeline 1")}"\n\n')
    out.append("    typealias Step = (side: Side, queue: String?, payload: String)\n")
    out.append("    enum Side { case client, server }\n")
    for name, steps in [
        ("opening", opening()), ("streams", streams(32768)), ("streamsInSmallFragments", streams(300)),
        ("stopping", stopping()), ("inputAndCalls", input_and_calls()), ("housekeeping", housekeeping()),
        ("metadata", metadata()), ("breaking", breaking()),
    ]:
        out.append(f"\n    static let {name}: [Step] = [\n")
        for side, queue, data in steps:
            queue = f'"{queue}"' if queue else "nil"
            out.append(f'        (.{side}, {queue}, "{base64.b64encode(data).decode()}"),\n')
        out.append("    ]\n")
    out.append("}\n")
    (TESTS / "PSRPTests/Fixtures/TalksOfPSRPCore.swift").write_text("".join(out))


if __name__ == "__main__":
    write_clixml()
    write_psrp()
