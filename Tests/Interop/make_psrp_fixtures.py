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


if __name__ == "__main__":
    write_clixml()
