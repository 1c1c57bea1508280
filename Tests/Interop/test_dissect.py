"""usher-lab dissect, held to what psrpcore finds in the same envelopes: recordings of real servers where they are at hand, and
conversations of pypsrp with the lab."""

import base64
import decimal
import json
import os
import pathlib
import re
import subprocess
import uuid
from xml.etree import ElementTree

import pytest
import yaml
from psrpcore import _payload
from psrpcore.types import PSObject
from psrpcore.types import _base as psrp_base
from psrpcore.types import _primitive as primitive
from psrpcore.types._collection import PSDictBase, PSListBase, PSQueueBase, PSStackBase
from psrpcore.types._complex import ProgressRecord
from psrpcore.types._serializer import deserialize
from pypsrp.powershell import RunspacePool

from lab import PROGRAM, Lab, run

SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
SHELL = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
POWERSHELL = "{http://schemas.microsoft.com/powershell}"
ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"


def recordings():
    here = pathlib.Path(__file__).resolve().parents[3] / "shared" / "recordings"
    folder = pathlib.Path(os.environ.get("USHER_RECORDINGS") or here)
    return sorted(folder.glob("*.yml")) if folder.is_dir() else []


def dissect(data, status=0):
    done = subprocess.run([PROGRAM, "dissect"], input=data, capture_output=True, timeout=60)
    assert done.returncode == status, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


# psrpcore's reading.


class NoKey:
    """SecureStrings stay as they are."""

    def decrypt(self, value):
        return value

    def encrypt(self, value):
        return value

    def register_key(self, key):
        pass


@pytest.fixture(autouse=True)
def as_it_came(monkeypatch):
    """psrpcore makes objects of types it knows; here each object stays what was sent."""
    monkeypatch.setattr(psrp_base.TypeRegistry, "rehydrate", lambda self, names: plain(names))


def plain(names):
    value = PSObject()
    value.PSObject.type_names = list(names)
    return value


def streams(envelope):
    body = envelope.find(SOAP + "Body")
    for element in body.iter():
        if element.tag in (SHELL + "Stream", SHELL + "Arguments") or element.tag in (
            POWERSHELL + "creationXml",
            POWERSHELL + "connectXml",
            POWERSHELL + "connectResponseXml",
        ):
            yield base64.b64decode(element.text or "")


def messages_of(pairs):
    """The messages that psrpcore finds, in the order in which they end."""
    found = []
    whole = {"request": {}, "response": {}}
    for number, pair in enumerate(pairs):
        for side in ("request", "response"):
            if not pair.get(side):
                continue
            for data in streams(ElementTree.fromstring(pair[side])):
                data = bytearray(data)
                while data:
                    fragment = _payload.unpack_fragment(data)
                    data = data[21 + len(fragment.data) :]
                    whole[side].setdefault(fragment.object_id, bytearray()).extend(fragment.data)
                    if fragment.end:
                        found.append((number, side, _payload.unpack_message(whole[side].pop(fragment.object_id))))
    return found


TYPE_NAMES = {
    "INIT_RUNSPACE_POOL": "INIT_RUNSPACEPOOL",
    "RUNSPACE_POOL_STATE": "RUNSPACEPOOL_STATE",
    "CONNECT_RUNSPACE_POOL": "CONNECT_RUNSPACEPOOL",
    "RUNSPACE_POOL_INIT_DATA": "RUNSPACEPOOL_INIT_DATA",
    "RUNSPACE_POOL_HOST_CALL": "RUNSPACEPOOL_HOST_CALL",
    "RUNSPACE_POOL_HOST_RESPONSE": "RUNSPACEPOOL_HOST_RESPONSE",
}


def type_name(message):
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", message.message_type.name).upper()
    return TYPE_NAMES.get(name, name)


def theirs(value):
    """A value of psrpcore in a form that both have: what it is, and the properties it has beside that."""
    if isinstance(value, ProgressRecord):
        return {"v": ("PR", value.Activity, value.ActivityId, value.PercentComplete), "p": {}}
    facts = getattr(value, "PSObject", None)
    properties = {}
    if facts is not None and not isinstance(value, type):
        for listed in (facts.adapted_properties, facts.extended_properties):
            for item in listed:
                properties[item.name.lower()] = theirs(item.get_value(value))
    return {"v": content(value), "p": properties}


def content(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, primitive.PSChar):
        return ("C", int(value))
    if isinstance(value, (primitive.PSSingle, primitive.PSDouble, float)):
        return ("float", repr(float(value)))
    if isinstance(value, decimal.Decimal):
        return ("D", str(value))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        return ("BA", base64.b64encode(value).decode())
    if isinstance(value, uuid.UUID):
        return ("G", str(value))
    if isinstance(value, primitive.PSVersion):
        return ("Version", str(value))
    if isinstance(value, primitive.PSDateTime):
        return ("DT", value.replace(tzinfo=None).isoformat(timespec="microseconds"))
    if isinstance(value, primitive.PSDuration):
        return ("TS", round(value.total_seconds(), 5))
    if isinstance(value, primitive.PSSecureString):
        return "SS"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, PSDictBase):
        return ("dict", sorted(((repr(theirs(k)), theirs(v)) for k, v in value.items()), key=lambda item: item[0]))
    if isinstance(value, PSQueueBase):
        return ("list", [theirs(item) for item in list(value.queue)])
    if isinstance(value, (PSListBase, PSStackBase, list)):
        return ("list", [theirs(item) for item in value])
    return "object"


def ours(value, seen):
    """The same of what dissect wrote."""
    kind = value["type"]
    if kind == "Ref":
        return seen[value["refId"]]
    if kind != "Obj":
        return {"v": scalar(value), "p": {}}
    properties = {}
    result = {"v": "object", "p": properties}
    if "refId" in value:
        seen[value["refId"]] = result
    for name in ("list", "enumerable", "stack", "queue"):
        if name in value:
            result["v"] = ("list", [ours(item, seen) for item in value[name]])
    if "dictionary" in value:
        pairs = [(repr(ours(entry["key"], seen)), ours(entry["value"], seen)) for entry in value["dictionary"]]
        result["v"] = ("dict", sorted(pairs, key=lambda item: item[0]))
    if "value" in value:
        result["v"] = ours(value["value"], seen)["v"]
    for group in ("adapted", "extended"):
        for name, item in value.get(group, {}).items():
            properties[name.lower()] = ours(item, seen)
    return result


def scalar(value):
    kind, content = value["type"], value.get("value")
    if kind == "Nil":
        return None
    if kind == "C":
        return ("C", value["code"])
    if kind in ("Sg", "Db"):
        words = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
        return ("float", words.get(content, repr(float(content))))
    if kind == "D":
        return ("D", content)
    if kind in ("By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"):
        return int(content)
    if kind in ("BA", "G", "Version"):
        return (kind, content)
    if kind == "DT":
        day, _, clock = content.partition("T")
        clock = re.sub(r"(Z|[+-]\d\d:\d\d)$", "", clock)
        main, _, fraction = clock.partition(".")
        return ("DT", f"{day}T{main}.{(fraction + '000000')[:6]}")
    if kind == "TS":
        match = re.fullmatch(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", content)
        if match is None:
            days, hours, minutes, seconds = re.fullmatch(r"-?(?:(\d+)\.)?(\d+):(\d+):([\d.]+)", content).groups()
            sign = content.startswith("-")
        else:
            sign, days, hours, minutes, seconds = match.groups()
        total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
        return ("TS", round(-total if sign else total, 5))
    if kind == "SS":
        return "SS"
    if kind == "PR":
        return ("PR", value["activity"], value["activityId"], value["percentComplete"])
    return content


def compare(pairs, lines):
    expected = messages_of(pairs)
    found = [line for line in lines if "messageType" in line]
    assert [line["messageType"] for line in found] == [type_name(message) for _, _, message in expected]
    for line, (number, side, message) in zip(found, expected):
        assert (line["exchange"], line["side"]) == (number, side)
        assert line["runspacePoolId"] == str(message.rpid)
        assert line["pipelineId"] == str(message.pid or uuid.UUID(int=0))
        if not message.data:
            assert "data" not in line
            continue
        value = deserialize(ElementTree.fromstring(bytes(message.data)), NoKey())
        assert ours(line["data"], {}) == theirs(value), line["messageType"]
    operations = [line for line in lines if "operation" in line]
    asked = [ElementTree.fromstring(pair[side]) for pair in pairs for side in ("request", "response") if pair.get(side)]
    assert [line.get("action") for line in operations] == [
        getattr(envelope.find(f"{SOAP}Header/{ADDRESSING}Action"), "text", None) for envelope in asked
    ]


@pytest.mark.parametrize("path", recordings() or [None], ids=lambda path: path.stem if path else "none")
def test_a_recording_is_taken_apart_as_psrpcore_does(path):
    if path is None:
        pytest.skip("NOT RUN: no recordings beside the checkout (USHER_RECORDINGS)")
    data = path.read_bytes()
    compare(yaml.safe_load(data)["messages"], dissect(data))


# Conversations with the lab.


class Listening:
    """What pypsrp sends and is sent."""

    def __init__(self, wsman):
        self.pairs = []
        self.send = wsman.transport.send
        wsman.transport.send = self.both

    def both(self, message, **more):
        pair = {"request": message.decode()}
        self.pairs.append(pair)
        try:
            answer = self.send(message, **more)
        except Exception as error:
            text = getattr(getattr(error, "response", None), "text", None) or getattr(error, "response_text", None)
            pair["response"] = text or ""
            raise
        pair["response"] = answer.decode()
        return answer


@pytest.fixture(scope="module")
def conversation():
    with Lab() as lab:
        wsman = lab.wsman()
        listening = Listening(wsman)
        pool = RunspacePool(wsman)
        pool.open()
        for commands in (
            (("Get-CsTenant",),),
            (("Get-CsOnlineUser", {"ResultSize": 30}),),
            (("Get-LabValues",),),
            (("Write-LabStreams",),),
            (("Test-LabError", {"Count": 2}),),
            (("Get-LabObject", {"Count": 400, "Padding": 300}),),
        ):
            run(pool, *commands)
        pool.close()
        return listening.pairs


def test_a_conversation_with_the_lab_is_taken_apart(conversation):
    compare(conversation, dissect(yaml.safe_dump({"messages": conversation}, width=10**9).encode()))


def test_envelopes_with_a_nul_behind_each_are_paired_by_their_ids(conversation):
    data = b"".join(
        pair[side].encode() + b"\0" for pair in conversation for side in ("request", "response") if pair[side]
    )
    compare(conversation, dissect(data))


def test_one_envelope_alone_is_enough(conversation):
    lines = dissect(conversation[0]["request"].encode())
    assert lines[0]["side"] == "request" and lines[0]["exchange"] == 0
    response = dissect(conversation[0]["response"].encode())
    assert response[0]["side"] == "response" and response[0]["exchange"] == 0


def test_a_part_that_cannot_be_read_is_told_and_the_rest_goes_on(conversation):
    cut = conversation[0]["request"][:-20].encode()
    lines = dissect(b"\0".join([cut, conversation[1]["request"].encode(), b""]), status=65)
    assert "no XML" in lines[0]["error"]
    assert lines[1]["operation"]
    assert dissect(b"\0\0", status=0) == [
        {"exchange": 0, "side": "request", "operation": "Empty"},
        {"exchange": 1, "side": "request", "operation": "Empty"},
    ]


@pytest.mark.parametrize("data", [b"", b"no capture: at all", b"\xff\xfe\x00", b"- [1, 2", b"a: b"])
def test_what_is_no_capture_is_refused(data):
    done = subprocess.run([PROGRAM, "dissect", "-"], input=data, capture_output=True, timeout=60)
    assert done.returncode == 65 and b"is no capture" in done.stderr
