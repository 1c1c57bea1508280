"""What users write does no harm on any screen, in the log or in STATUS."""

import json
import sqlite3

import pexpect
import pytest

from events import eventually
from liar import Liar
from wire import Refused
from world import tenant

# Escape sequences, a forged line, a title, bidi controls, C1, DEL, separators.
NASTY = "a\x1b[2J\x1b]0;owned\x07b\nError: forged\r\x08\tc\x7f\x85\x9b31m\u2028\u2029\u202eevil\u2066\u061c\u200fz"
HARMFUL = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))] + [
    chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
]


def harmless(text, allowed="\n"):
    """Whether a terminal would only print it, line by line."""
    found = sorted({character for character in text if character in HARMFUL and character not in allowed})
    assert found == [], f"{found!r} in {text!r}"
    assert not any(line.startswith("Error: forged") for line in text.splitlines()), text
    return True


@pytest.fixture
def nasty(empty_world):
    """A full tenant whose one holder wrote a nasty purpose."""
    empty_world.configure(tenant(per_admin=1, idle_timeout="10m")).start()
    empty_world.seat = empty_world.open("seats", "--purpose", NASTY)
    assert empty_world.session(empty_world.seat)["purpose"] == NASTY
    return empty_world


@pytest.mark.parametrize("format", [None, "table", "list", "plain", "json", "jsonl"])
@pytest.mark.parametrize(
    "verb",
    [["list"], ["list", "--all"], ["open", "seats"], ["call", "ListSessions"], ["open", "seats", "--wait", "1s"]],
    ids=" ".join,
)
def test_a_nasty_purpose_is_harmless_in_every_format(nasty, verb, format):
    result = nasty.usher(*verb, *(["--format", format] if format else []))
    # `plain` is separated by tabs.
    harmless(result.output, allowed="\n\t" if format == "plain" else "\n")
    harmless(result.errors)
    if verb[0] == "list" and format in ("json", "jsonl"):
        text = result.output
        items = json.loads(text)["items"] if format == "json" else [json.loads(line) for line in text.splitlines()]
        assert items[0]["purpose"] == NASTY


@pytest.mark.parametrize(
    "verb", [["list"], ["open", "seats"], ["open", "seats", "--wait", "1s"], ["call", "ListSessions"]], ids=" ".join
)
def test_a_nasty_purpose_is_harmless_on_a_terminal(nasty, verb):
    child = pexpect.spawn(
        str(nasty.usher_program), verb, env=nasty.environment(TERM="xterm"), encoding="utf-8", timeout=10,
        dimensions=(24, 200),
    )  # fmt: skip
    try:
        screen = child.read()
    finally:
        child.close(force=True)
    for harm in ("\x1b[2J", "\x1b]", "\x07", "\x08", "\x7f", "\x85", "\x9b", "\u2028", "\u202e", "\u2066", "\u061c"):
        assert harm not in screen, repr(screen)
    assert "\nError: forged" not in screen
    assert "owned" in screen


def test_a_nasty_purpose_is_one_harmless_line_of_the_log(nasty):
    nasty.daemon.logged("began")
    for line in nasty.daemon.log.splitlines():
        harmless(line)
    (line,) = [line for line in nasty.daemon.log.splitlines() if nasty.seat in line]
    assert "owned" in line


def test_status_is_one_line_of_names_only(nasty):
    nasty.usher("open", "seats", "--purpose", NASTY)
    nasty.daemon.told(lambda line: line == "STATUS=seats 1")
    for line in nasty.notifications.received:
        harmless(line)


def test_a_nasty_user_name_is_harmless(nasty):
    """As a directory service might hold one: it comes back with the journal."""
    nasty.daemon.terminate()
    with sqlite3.connect(nasty.state) as journal:
        journal.execute("UPDATE sessions SET user = ?, terminal = ?", (NASTY, NASTY))
    journal.close()
    nasty.start()
    for verb in (["list"], ["list", "--format", "plain"], ["list", "--format", "list"], ["open", "seats"]):
        result = nasty.usher(*verb)
        harmless(result.output, allowed="\n\t" if "plain" in verb else "\n")
        harmless(result.errors)
        assert "owned" in result.output + result.errors
    nasty.usher("close", nasty.seat)
    harmless(nasty.daemon.log)


@pytest.mark.parametrize(
    "arguments",
    [
        ["open", NASTY],
        ["open", "seats", "--as", NASTY],
        ["open", "seats", "--wait", NASTY],
        ["close", NASTY],
        ["list", NASTY],
        ["call", NASTY],
        ["call", "org.nasty." + NASTY],
        ["call", "Acquire", json.dumps({"tenant": NASTY})],
        ["call", "Acquire", json.dumps({"tenant": "seats", NASTY: 1})],
        ["call", "Acquire", json.dumps({"tenant": "seats", "requestId": NASTY})],
        ["call", "org.varlink.service.GetInterfaceDescription", json.dumps({"interface": NASTY})],
        ["call", "ListSessions", NASTY],
        ["status", "--socket", "/nowhere/" + NASTY],
        ["status", "--format", NASTY],
        ["hold", "seats", "--", NASTY],
        ["hold", "seats", "--", "./" + NASTY.replace("\x00", "")],
        [NASTY],
        ["list", "--" + NASTY],
    ],
    ids=lambda arguments: " ".join(arguments).encode("unicode_escape").decode()[:40],
)
@pytest.mark.parametrize("format", [None, "json"])
def test_nasty_arguments_come_back_harmless(world, arguments, format):
    if format:
        arguments = [arguments[0], "--format", format, *arguments[1:]]
    result = world.usher(*arguments)
    assert result.status not in (0, 70), result
    harmless(result.output)
    harmless(result.errors)
    eventually("the log", lambda: harmless(world.daemon.log))


def test_nasty_bytes_of_a_stranger_are_harmless_in_the_log(world):
    for frame in (NASTY.encode(), json.dumps({NASTY: 1}).encode(), json.dumps({"method": 5, NASTY: {}}).encode()):
        wire = world.wire()
        wire.send_bytes(frame.replace(b"\0", b"") + b"\0")
        assert wire.is_closed()
    world.daemon.logged("cut off a client")
    harmless(world.daemon.log)


def nasty_session():
    return {
        "session": NASTY, "tenant": NASTY, "admin": NASTY, "user": NASTY, "uid": 0, "pid": 1, "terminal": NASTY,
        "purpose": NASTY, "state": NASTY, "lease": NASTY, "since": NASTY, "lastUsed": NASTY, "invocations": 0,
        "reason": NASTY, "endedAt": NASTY, NASTY: NASTY,
    }  # fmt: skip


def error(name, **facts):
    return [{"error": "org.usher.broker." + name, "parameters": facts}]


LIES = {
    "list": [{"parameters": {"session": nasty_session()}, "continues": True}, {"parameters": {}}],
    "status": [{"parameters": {"state": NASTY, "version": NASTY, "since": NASTY, "sessions": 1, "trouble": NASTY}}],
    "tenants": [
        {"parameters": {"tenants": [{"tenant": NASTY, "profile": NASTY, "inUse": 1, "limitPerAdmin": 1,
                                     "admins": [{"admin": NASTY, "inUse": 1}], "waiting": 0, "unconfirmed": 0}]}}
    ],
    "metrics": [{"parameters": {"metrics": {NASTY: 1, "usher_" + NASTY + "_total": 2}}}],
    "top": [{"parameters": {"state": NASTY, "version": NASTY, "since": NASTY, "sessions": 1, "waiting": 2,
                            "trouble": NASTY, "tenants": [{"tenant": NASTY, "locked": NASTY}],
                            "sessions": [nasty_session()]}}],
    "open seats": [{"parameters": {"session": nasty_session()}}],
    "open tenants": error(
        "QuotaExceeded", tenant=NASTY, admin=NASTY, scope=NASTY, setting=NASTY, limit=1, inUse=1, waiting=3,
        holders=[nasty_session()], otherAdmins=[NASTY],
    ),
    "close s100": [{"parameters": {"session": NASTY, "state": NASTY, "reason": NASTY}}],
    "close s101": error("SessionUnknown", session=NASTY, suggestion=NASTY),
    "close s102": error("SessionAmbiguous", session=NASTY, sessions=[NASTY, NASTY]),
    "close s103": error("SessionExpired", session=NASTY, reason=NASTY, endedAt=NASTY),
    "close s104": error("NotAuthorized", action=NASTY, reason=NASTY),
    "close s105": error("StateUnavailable", message=NASTY),
    "close s106": error("TenantUnreachable", tenant=NASTY, message=NASTY),
    "close s107": error(NASTY, message=NASTY),
    "close s108": [{"error": NASTY, "parameters": {NASTY: NASTY}}],
    "close s109": [{"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": NASTY}}],
    "close s10a": [{"error": "org.varlink.service.MethodNotFound", "parameters": {"method": NASTY}}],
    "reload": [{"parameters": {"faults": [{"file": NASTY, "line": 1, "key": NASTY, "message": NASTY}]}}],
    "call GetStatus": [{"parameters": {NASTY: NASTY}}],
}  # fmt: skip


@pytest.mark.parametrize("command", LIES)
@pytest.mark.parametrize("format", [None, "list", "plain", "json"])
def test_a_broker_that_says_nasty_things_does_no_harm(empty_world, command, format):
    liar = Liar(empty_world, LIES[command])
    arguments = [*command.split(), "--socket", liar.path, *(["--format", format] if format else [])]
    result = empty_world.usher(*arguments)
    harmless(result.output, allowed="\n\t" if format == "plain" else "\n")
    harmless(result.errors)
    assert result.status != 70, result


def test_a_purpose_longer_than_a_line_of_a_list_is_refused(world):
    with pytest.raises(Refused) as refused:
        world.wire().acquire(purpose="x" * 201)
    assert refused.value.name == "InvalidParameter"
    assert world.usher("open", "seats", "--purpose", "y" * 201).status == 65
    wide = world.usher("open", "seats", "--purpose", "\u4e2d" * 200)
    assert wide.status == 0
    assert "\u4e2d" * 200 in world.usher("list").output


def test_completion_offers_nothing_nasty(empty_world):
    sessions = [nasty_session(), nasty_session() | {"session": "s100"}]
    liar = Liar(empty_world, [{"parameters": {"sessions": sessions}}])
    script = empty_world.usher("--generate-completion-script", "bash").output
    done = empty_world.shell(
        f"{script}\nCOMP_WORDS=(usher close ''); COMP_CWORD=2; COMP_LINE='usher close '; COMP_POINT=12\n"
        '_usher usher "" close; printf "%s\\n" "${COMPREPLY[@]}"',
        USHER_SOCKET=str(liar.path),
    )
    harmless(done.output)
    assert "s100" in done.output.split(), done

