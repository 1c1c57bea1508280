"""The command as scripts and people use it: exit statuses, formats, near misses, completion, broken surroundings."""

import calendar
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import pexpect
import pytest

from events import eventually
from liar import Liar
from world import COMMAND_PATIENCE, tenant

JSON_VERBS = [
    ["open", "seats", "--detach"],
    ["list"],
    ["list", "seats"],
    ["list", "--all"],
    ["close", "--mine"],
    ["tenants"],
    ["status"],
    ["metrics"],
    ["top"],
    ["call", "GetStatus"],
    ["call", "ListSessions", "--more"],
    ["call", "org.varlink.service.GetInfo"],
    ["resume"],
    ["reload"],
    ["drain", "--timeout", "0s", "--force"],
]


def verb_name(verb):
    return " ".join(verb)


# Formats


@pytest.mark.parametrize("verb", JSON_VERBS, ids=verb_name)
def test_json_is_one_value_with_an_item_or_items(world, verb):
    world.open("seats", "--purpose", "one"), world.open("seats", "--purpose", "two")
    result = world.usher(*verb, "--format", "json")
    assert result.status == 0, result
    assert result.errors == ""
    value = result.json
    assert list(value) in (["item"], ["items"])
    items = value.get("items", [value.get("item")])
    assert all(isinstance(item, dict) for item in items)
    # jq is what scripts use.
    done = subprocess.run(["jq", "-e", "."], input=result.output, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", JSON_VERBS, ids=verb_name)
def test_jsonl_is_one_record_a_line(world, verb):
    world.open(), world.open()
    result = world.usher(*verb, "--format", "jsonl")
    assert result.status == 0, result
    assert result.errors == ""
    assert all(isinstance(json.loads(line), dict) for line in result.output.splitlines())
    expected = 2 if verb[0] in ("list", "close") else 1
    assert len(result.output.splitlines()) >= expected


@pytest.mark.parametrize("verb", JSON_VERBS, ids=verb_name)
@pytest.mark.parametrize("format", ["table", "list", "plain"])
def test_people_s_formats_have_no_colour_away_from_a_terminal(world, verb, format):
    world.open()
    result = world.usher(*verb, "--format", format, environment={"TERM": "xterm-256color"})
    assert result.status == 0, result
    assert "\x1b" not in result.output + result.errors


def test_plain_is_separated_by_tabs_and_has_no_heading(world):
    names = [world.open("seats", "--purpose", f"job {number}") for number in range(2)]
    rows = [line.split("\t") for line in world.usher("list", "--format", "plain").output.splitlines()]
    assert [row[0] for row in rows] == names
    assert len({len(row) for row in rows}) == 1
    assert [row[-1] for row in rows] == ["job 0", "job 1"]


def test_a_table_has_a_heading_that_can_be_left_out(world):
    name = world.open()
    with_heading = world.usher("list").output.splitlines()
    without = world.usher("list", "--no-header").output.splitlines()
    assert with_heading[0].split()[:2] == ["SESSION", "TENANT"]
    assert [line.split()[0] for line in without] == [name]
    assert len(with_heading) == 2


def test_a_table_is_never_cut_away_from_a_terminal_and_fits_on_one(world):
    purpose = "a long story " * 15
    world.open("seats", "--purpose", purpose.strip())
    assert purpose.strip() in world.usher("list").output
    child = pexpect.spawn(
        str(world.usher_program), ["list"], env=world.environment(TERM="xterm"), encoding="utf-8", timeout=10,
        dimensions=(24, 80),
    )  # fmt: skip
    lines = child.read().splitlines()
    child.close(force=True)
    assert len(lines) == 2, lines
    assert all(len(plain_text(line)) <= 80 for line in lines)


def plain_text(line):
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)


def test_no_color_is_respected_on_a_terminal(world):
    world.open()
    child = pexpect.spawn(
        str(world.usher_program), ["list"], env=world.environment(TERM="xterm", NO_COLOR="1"), encoding="utf-8",
        timeout=10,
    )  # fmt: skip
    screen = child.read()
    child.close(force=True)
    assert "\x1b[" not in screen


def test_times_in_json_are_rfc_3339_in_utc(world):
    world.open()
    item = world.usher("list", "--format", "json").json["items"][0]
    for field in ("since", "lastUsed"):
        moment = time.strptime(item[field], "%Y-%m-%dT%H:%M:%SZ")
        assert abs(time.time() - calendar.timegm(moment)) < 60


def test_an_empty_list_is_empty_in_every_format(world):
    assert world.usher("list", "--format", "json").json == {"items": []}
    for format in ("jsonl", "plain"):
        assert world.usher("list", "--format", format).output == ""
    assert world.usher("list").status == 0


ERRORS = {
    ("open", "seats"): (75, "QuotaExceeded"),
    ("open", "seats", "--wait", "1s"): (75, "WaitTimeout"),
    ("hold", "seats", "--", "true"): (75, "QuotaExceeded"),
    ("open", "nowhere"): (64, "TenantUnknown"),
    ("open", "seats", "--as", "nobody"): (64, "AdminUnknown"),
    ("close", "s9zz"): (64, "SessionUnknown"),
    ("close", "zzz"): (64, "InvalidParameter"),
    ("close", "--mine", "seat"): (64, "TenantUnknown"),
    ("list", "seat"): (64, "TenantUnknown"),
    ("list", "s100"): (64, "InvalidParameter"),
    ("events", "seat"): (64, "TenantUnknown"),
    ("open", "seats", "--wait", "999h"): (65, "InvalidParameter"),
    ("audit", "--since", "2026-13-01T00:00:00Z"): (64, "Usage"),
    ("open", "seats", "--purpose", "caf\udce9"): (65, "BadData"),
    ("call", "Nope"): (64, "MethodNotFound"),
    ("call", "a.b.C"): (64, "InterfaceNotFound"),
    ("call", "Watch", '{"session":"s100"}'): (64, "ExpectedMore"),
    ("call", "Acquire", "{}"): (65, "InvalidParameter"),
    ("call", "Acquire", "nonsense"): (65, "BadData"),
    ("call", "Acquire", "[]"): (65, "BadData"),
    ("open",): (64, "Usage"),
    ("close",): (64, "Usage"),
    ("hold", "seats"): (64, "Usage"),
    ("lst",): (64, "Usage"),
    ("list", "--nope"): (64, "Usage"),
    ("open", "seats", "--wait", "soon"): (64, "Usage"),
    ("status", "--socket", "/nowhere/broker.sock"): (69, "NoDaemon"),
    ("status", "--socket", "/" + "x" * 200): (64, "Usage"),
}


@pytest.mark.parametrize("arguments", ERRORS, ids=lambda arguments: ascii(" ".join(arguments))[:60])
@pytest.mark.parametrize("format", [None, "json", "jsonl"])
def test_an_error_has_its_status_and_for_programs_one_object(world, arguments, format):
    for _ in range(3):
        world.open()
    status, code = ERRORS[arguments]
    if format:
        arguments = (arguments[0], "--format", format, *arguments[1:])
    result = world.usher(*arguments)
    assert result.status == status, result
    if format is None:
        assert "Error: " in result.errors
        return
    error = result.error
    assert error["code"] == code
    assert error["message"] and error["origin"] == "usher" and error["exitStatus"] == status
    if code in ("QuotaExceeded", "WaitTimeout"):
        assert len(error["holders"]) == 3
        assert {"limit", "inUse", "setting", "tenant", "admin"} <= error.keys()


def test_a_command_under_hold_passes_its_status_on(world):
    for script, status in (("exit 0", 0), ("exit 3", 3), ("exit 75", 75), ("kill -9 $$", 137), ("kill -TERM $$", 143)):
        assert world.usher("hold", "seats", "--", "sh", "-c", script).status == status
    assert world.usher("hold", "seats", "--", "/nowhere/command").status == 127
    assert world.usher("hold", "seats", "--", "/etc/passwd").status == 126
    assert world.sessions() == []
    # A script can tell whose status it was.
    error = world.usher("hold", "seats", "--format", "json", "--", "sh", "-c", "exit 75").error
    assert (error["origin"], error["exitStatus"]) == ("child", 75)


def test_hold_passes_every_byte_on(world):
    told = world.usher("hold", "seats", "--", "sh", "-c", 'printf %s "$1" | od -An -tx1', "sh", "caf\udce9")
    assert told.status == 0 and told.output.split() == ["63", "61", "66", "e9"], told


def test_hold_tells_its_command_what_it_holds(world):
    script = 'echo "$USHER_SESSION $USHER_TENANT $USHER_SOCKET"; usher list --format plain | cut -f1'
    path = {"PATH": f"{world.usher_program.parent}:{os.environ['PATH']}"}
    result = world.usher("hold", "seats", "--", "sh", "-c", script, environment=path)
    told, listed = result.output.splitlines()
    assert told.split() == [listed, "seats", str(world.socket)]


def test_the_command_under_hold_does_not_inherit_the_lease(world):
    """A background job that outlives its command must not keep the seat."""
    result = world.usher("hold", "seats", "--", "sh", "-c", "sleep 600 >/dev/null 2>&1 & exit 0")
    assert result.status == 0
    assert world.sessions() == []


def test_closing_is_done_for_each_and_the_first_failure_decides(world):
    first, second = world.open(), world.open()
    result = world.usher("close", first, "s9zz", second)
    assert result.status == 64
    assert world.sessions() == []
    assert world.usher("close", first, second).status == 0


def test_mine_can_be_limited_to_a_tenant(empty_world):
    world = empty_world.configure(tenant("one"), tenant("two")).start() and empty_world
    world.open("one"), world.open("two")
    assert world.usher("close", "--mine", "one").status == 0
    assert [session["tenant"] for session in world.sessions()] == ["two"]


def test_a_session_may_be_named_by_a_unique_beginning(world):
    first, second = world.open(), world.open()
    assert first[:-1] == second[:-1]
    ambiguous = world.usher("close", first[:-1])
    assert ambiguous.status == 64
    assert first in ambiguous.errors and second in ambiguous.errors
    world.usher("close", second)
    assert world.usher("close", first[:-1]).status == 0
    assert world.sessions() == []


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["opne", "seats"], "Did you mean open?"),
        (["open", "seat"], "Did you mean seats?"),
        (["open", "saets"], "Did you mean seats?"),
        (["open", "seats", "--as", "dsek"], "Did you mean desk?"),
        (["call", "GetStatsu"], "Did you mean GetStatus?"),
        (["call", "ListSesions"], "Did you mean ListSessions?"),
        (["open", "elsewhere"], "usher tenants"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_near_miss_is_suggested(world, arguments, words):
    result = world.usher(*arguments)
    assert result.status == 64
    assert words in result.errors


def test_a_session_with_a_slip_in_it_is_suggested(world):
    name = world.open()
    result = world.usher("close", name[0] + name[2] + name[1] + name[3:] + "x")
    assert result.status == 64
    assert "Did you mean" not in result.errors or name in result.errors


def test_the_admin_comes_from_the_option_then_the_environment_then_the_file(empty_world):
    me = [os.getuid()]
    world = empty_world.configure(tenant("seats", 9, None, {"first": me, "second": me, "third": me})).start() and empty_world
    admin = lambda name: world.session(name)["admin"]
    assert admin(world.open("seats")) == "first"
    assert admin(world.open("seats", environment={"USHER_ADMIN": "second"})) == "second"
    assert admin(world.open("seats", "--as", "third", environment={"USHER_ADMIN": "second"})) == "third"


# Calls


def test_call_prints_one_object_a_line(world):
    world.open(), world.open()
    result = world.usher("call", "ListSessions", "--more")
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [list(line) for line in lines] == [["session"], ["session"], []]


def test_call_reads_its_parameters_from_standard_input(world):
    result = world.usher("call", "ListSessions", "-", input=b'{"tenant":"seats"}')
    assert json.loads(result.output) == {"sessions": []}


def test_the_lease_of_a_call_ends_with_it(world):
    result = world.usher("call", "Acquire", '{"tenant":"seats"}')
    assert json.loads(result.output)["session"]["lease"] == "connection"
    world.settles_at(0)


def test_watch_follows_a_session_to_its_end(world):
    name = world.open()
    watcher = world.start_usher("call", "Watch", json.dumps({"session": name}), "--more")
    assert json.loads(watcher.line())["session"]["state"] == "ready"
    world.usher("close", name)
    last = json.loads(watcher.result().output.splitlines()[-1])["session"]
    assert (last["state"], last["reason"]) == ("closed", "closed")


# Broken surroundings


def test_without_a_daemon_every_verb_fails_within_two_seconds(empty_world):
    for socket_state in ("missing", "stale"):
        if socket_state == "stale":
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(empty_world.socket))
            listening.close()
        for verb in (["list"], ["status"], ["open", "seats"], ["hold", "seats", "--", "true"], ["reload"]):
            started = time.monotonic()
            result = empty_world.usher(*verb)
            assert time.monotonic() - started < 2
            assert result.status == 69, result
            assert result.errors.startswith(f"Error: Could not reach usherd at {empty_world.socket}\n")


def test_a_daemon_that_is_just_starting_is_waited_for(empty_world):
    """A script starts the daemon and asks it in one breath."""
    empty_world.configure()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(empty_world.socket))
    listening.close()
    command = empty_world.start_usher("status")
    empty_world.start(wait=False)
    assert command.result().status == 0


def test_a_wedged_daemon_makes_commands_fail_in_their_own_time(world):
    with world.daemon.halted():
        started = time.monotonic()
        commands = [world.start_usher(*verb) for verb in (["status"], ["list"], ["tenants"], ["resume"])]
        results = [command.result(within=20) for command in commands]
        took = time.monotonic() - started
    assert [result.status for result in results] == [69] * 4
    assert all("usherd did not answer within" in result.errors for result in results)
    assert took < 15
    assert world.usher("status").status == 0


def test_a_wedged_daemon_keeps_nobody_waiting_who_asks_for_a_session(world):
    with world.daemon.halted():
        started = time.monotonic()
        verbs = (["open", "seats"], ["hold", "seats", "--", "true"], ["run", "seats", "--", "x"], ["open", "seats", "--wait", "1h"])
        results = [command.result(within=40) for command in [world.start_usher(*verb) for verb in verbs]]
        took = time.monotonic() - started
    assert [result.status for result in results] == [69] * 4, results
    assert took < 35


def test_where_a_session_is_a_seat_none_is_taken_to_run_something_in_it(world):
    for verb in ("shell", "import", "commands"):
        refused = world.usher(verb, "seats", "--wait", "1m", input=b"")
        assert refused.status == 77 and "only a seat" in refused.errors, refused
    assert world.query("SELECT session FROM events") == []


def test_something_else_that_listens_there_is_told_from_a_broker(empty_world):
    for replies in ([{"nonsense": True}], [{"error": None}], [{"parameters": []}]):
        liar = Liar(empty_world, replies)
        result = empty_world.usher("status", "--socket", liar.path)
        assert result.status == 76, result
        liar.path.unlink()
    # One that hangs up without a word.
    liar = Liar(empty_world, [])
    assert empty_world.usher("status", "--socket", liar.path).status == 69


def test_a_socket_one_may_not_use_is_told(as_root, empty_world):
    empty_world.configure().start()
    empty_world.usher_program = copy(empty_world)
    empty_world.socket.chmod(0o600)
    assert empty_world.usher("status", user=65534).status == 77


def copy(world):
    """The program where everybody may run it."""
    program = world.directory / "usher"
    shutil.copy(world.usher_program, program)
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_descriptors_do_no_harm(world, closed):
    status = lambda verb: int(world.shell(f"(usher {verb} {closed}); echo $? >&2").errors.splitlines()[-1])
    # Whoever cannot read the id gets no session.
    assert status("open seats --detach") == (141 if "1>&-" in closed else 0)
    if "1>&-" in closed:
        world.settles_at(0)
    assert status("status") == (141 if "1>&-" in closed else 0)
    assert status("open nowhere") == 64
    world.usher("close", "--mine")
    assert status("hold seats -- true") == 0
    world.settles_at(0)


def test_a_full_standard_output_is_told(world):
    with open("/dev/full", "wb") as full:
        result = world.start_usher("open", "seats", "--detach", stdout=full).result()
    assert result.status == 1
    assert "Could not write to standard output." in result.errors
    world.settles_at(0)


def test_a_reader_that_leaves_early_ends_list_quietly(empty_world):
    world = empty_world.configure(tenant(per_admin=500)).start() and empty_world
    with world.wire() as wire:
        for number in range(300):
            wire.acquire(lease="detached", purpose="x" * 190)
        result = world.shell("usher list | head -1; echo ${PIPESTATUS[0]} >&2")
    assert result.output.startswith("SESSION")
    # Quiet it is either way; whether it was done before the reader left is chance.
    assert result.errors in ("141\n", "0\n")


# Help and completion


def test_help_and_version_go_to_standard_output(world):
    for arguments in (["--help"], ["help", "open"], ["open", "--help"], ["--version"]):
        result = world.usher(*arguments)
        assert result.status == 0 and result.output and not result.errors
    assert world.usher("--version").output == f"usher {world.status()['version']}\n"
    assert world.usher().status in (0, 64)


def complete(world, line):
    """What bash offers for a line that is being typed."""
    script = world.directory / "completion.bash"
    if not script.exists():
        script.write_text(world.usher("--generate-completion-script", "bash").output)
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    result = world.shell(
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; "
        f"COMP_POINT={len(line)}; $(complete -p usher | sed 's/.*-F \\([^ ]*\\) .*/\\1/') usher '{words[-1]}' "
        f"'{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    assert result.errors == "", result
    return result.output.split()


def test_bash_completes_verbs_tenants_and_live_sessions(empty_world):
    world = empty_world.configure(tenant("litware"), tenant("contoso"), tenant("lucerne")).start() and empty_world
    first, second = world.open("litware"), world.open("contoso")
    ended = world.open("contoso")
    world.usher("close", ended)
    assert {"open", "hold", "list", "close", "status"} <= set(complete(world, "usher "))
    assert complete(world, "usher op") == ["open"]
    assert set(complete(world, "usher open ")) >= {"litware", "contoso", "lucerne"}
    assert set(complete(world, "usher open l")) == {"litware", "lucerne"}
    assert set(complete(world, "usher hold lu")) == {"lucerne"}
    assert set(complete(world, "usher list c")) == {"contoso"}
    assert set(complete(world, "usher close s")) == {first, second}
    assert "GetStatus" in complete(world, "usher call Get")


def test_completion_without_a_daemon_is_quick_and_empty(empty_world):
    started = time.monotonic()
    assert complete(empty_world, "usher open x") == []
    assert time.monotonic() - started < 3


def test_completion_with_a_wedged_daemon_does_not_keep_the_tab_key_waiting(world):
    complete(world, "usher open s")
    with world.daemon.halted():
        started = time.monotonic()
        assert complete(world, "usher open s") == []
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_there_for_each_shell(world, shell):
    result = world.usher("--generate-completion-script", shell)
    assert result.status == 0 and "usher" in result.output


def test_the_lab_of_the_user_is_chosen_where_it_answers(world):
    """USHER_SOCKET aside, a lab of one's own comes before the system's."""
    runtime = world.directory / "runtime"
    lab = runtime / "usher-lab"
    lab.mkdir(parents=True)
    lab.chmod(0o700)
    pathlib.Path(lab / "broker.sock").symlink_to(world.socket)
    environment = world.environment(XDG_RUNTIME_DIR=str(runtime))
    del environment["USHER_SOCKET"]
    run = lambda **more: subprocess.run(
        [world.usher_program, "status"], env={**environment, **more}, capture_output=True, text=True,
        timeout=COMMAND_PATIENCE,
    )  # fmt: skip
    chosen = run()
    assert chosen.returncode == 0 and chosen.stderr == "lab\n"
    # Not under sudo, and not where others may write.
    assert run(SUDO_UID="1000").stderr != "lab\n"
    lab.chmod(0o777)
    assert run().stderr != "lab\n"


def test_usher_is_static_and_starts_in_milliseconds(world):
    linked = subprocess.run(["ldd", world.usher_program], capture_output=True, text=True, timeout=COMMAND_PATIENCE)
    assert "statically linked" in linked.stdout + linked.stderr or "not a dynamic" in linked.stdout + linked.stderr
    took = []
    for _ in range(20):
        started = time.monotonic()
        subprocess.run([world.usher_program, "status"], env=world.environment(), capture_output=True, timeout=10)
        took.append(time.monotonic() - started)
    assert sorted(took)[10] < 0.05


def test_a_waiting_screen_is_drawn_again_in_place(empty_world):
    world = empty_world.configure(tenant(per_admin=1)).start() and empty_world
    seat = world.open("seats", "--purpose", "nightly sync")
    child = pexpect.spawn(
        str(world.usher_program), ["open", "seats", "--detach", "--wait", "1m"],
        env=world.environment(TERM="xterm"), encoding="utf-8", timeout=10, dimensions=(24, 120),
    )  # fmt: skip
    try:
        child.expect("more for seats: next in the queue")
        child.expect("nightly sync")
        eventually("somebody in line", lambda: world.status()["waiting"] == 1)
        world.usher("close", seat)
        child.expect(r"\x1b\[2A\r\x1b\[J")
        child.expect(r"s\d\w+\r\n")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)


def test_ctrl_c_on_a_terminal_leaves_the_line(empty_world):
    world = empty_world.configure(tenant(per_admin=1)).start() and empty_world
    world.open()
    child = pexpect.spawn(
        str(world.usher_program), ["open", "seats", "--wait", "1m"], env=world.environment(TERM="xterm"), timeout=10
    )
    try:
        eventually("somebody in line", lambda: world.status()["waiting"] == 1)
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 130
    finally:
        child.close(force=True)
    assert world.status()["waiting"] == 0
