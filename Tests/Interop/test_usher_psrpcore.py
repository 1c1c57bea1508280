"""usherd and usher against a server whose PSRP is psrpcore's. USHERD and USHER name the programs."""

import json
import pathlib
import re
import signal
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

from events import eventually
from psrpcore_server import NASTY, VALUES, Habits
from terminal import Terminal

HABITS = {
    "tidy": Habits(),
    "byte order mark": Habits(byte_order_mark=True),
    "pool id zero": Habits(zero_pool_id=True),
    "own ids": Habits(own_ids=True),
    "pending": Habits(pending=True),
    "slow start": Habits(slow_start=3),
    "other case": Habits(other_case=True),
    "protocol 2.1": Habits(version="2.1"),
    "small fragments": Habits(fragment=300),
    "all of it": Habits(True, True, True, True, 2, True, "2.1", 1000),
}


@pytest.fixture(params=HABITS)
def met(meet, request):
    return meet(HABITS[request.param])


def test_what_it_sends_is_what_usher_writes(met):
    assert met.world.usher("open", "litware", "--detach").status == 0
    [values] = met.records("Get-Values")
    assert values == {name: expected for name, (_, expected) in VALUES.items()}
    assert [record["Number"] for record in met.records("Get-Many", "-Count", "500")] == list(range(500))
    large = met.records("Get-Large", "-Count", "3", "-Size", "200000")
    assert [record["Text"] for record in large] == ["x€" * 100_000] * 3
    [arguments] = met.records("Get-Arguments", "-Text", NASTY.replace("\0", ""), "-Flag:", "$true", "-Number", "7")
    assert arguments == {"Text": NASTY, "Flag": True, "Number": 7}
    # Nothing was sent twice, and everything was freed.
    eventually("every command to be terminated", lambda: met.server.counts.get("Terminate") == 4)
    assert [name for name, _ in met.server.asked] == ["Get-Values", "Get-Many", "Get-Large", "Get-Arguments"]


def test_every_stream_arrives(met):
    result = met.run("Get-Streams", environment={"LANG": "C.UTF-8"})
    assert result.status == 1 and json.loads(result.output) == NASTY, result
    for word in ("warning", "verbose", "debug", "information"):
        assert f"{word} a_x0041_b" in result.errors, result
    assert "error <&> Zoë" in result.errors, result
    assert "NotFound,Get-Streams" in result.errors, result


def test_failures_are_told(met):
    result = met.run("Test-Failure")
    assert result.status == 1 and "It failed." in result.errors, result
    result = met.run("Get-Nothing")
    assert result.status == 1 and "'Get-Nothing' is not recognized" in result.errors, result


def test_a_host_call_is_refused(met):
    [answer] = met.records("Read-Host")
    assert "nobody who could answer" in answer


def test_commands_are_listed(met):
    result = met.world.usher("commands", "litware", "--format", "jsonl")
    assert result.status == 0, result
    commands = {record["name"]: record for record in map(json.loads, result.output.splitlines())}
    assert set(commands) == {"Get-Streams", "Get-Large", "Get-Arguments"}
    assert {command["module"] for command in commands.values()} == {"Interop"}
    assert [parameter["name"] for parameter in commands["Get-Large"]["parameters"]] == ["Count", "Size"]
    assert met.server.asked == [("metadata", {})]


def test_an_interrupt_stops_the_pipeline_and_not_the_session(met):
    session = met.world.open("litware")
    running = met.world.start_usher("run", session, "--format", "jsonl", "--", "Start-Wait")
    assert running.line() == '"begun"'
    running.process.send_signal(signal.SIGINT)
    assert running.result().status == 130
    eventually("the pipeline to be stopped and freed", lambda: met.server.counts.get("Terminate") == 1)
    assert met.server.counts["crtl_c"] == 1
    assert met.world.usher("run", session, "--", "Get-Streams").status == 1
    assert met.world.session(session)["state"] != "ended"


def test_closing_deletes_the_shell(met):
    session = met.world.open("litware")
    assert len(met.server.shells) == 1
    assert met.world.usher("close", session).status == 0
    eventually("the shell to be deleted", lambda: not met.server.shells)
    assert met.server.counts["Delete"] == 1 and met.server.counts["Create"] == 1
    assert met.world.sessions() == []


def test_each_value_alone(meet):
    met = meet(Habits())
    records = met.records("Get-Scalars")
    assert len(records) == len(VALUES)
    for (name, (_, expected)), record in zip(VALUES.items(), records, strict=True):
        assert record == expected, name


def test_commands_are_terminated_one_by_one(meet):
    met = meet(Habits(commands_per_shell=2))
    session = met.world.open("litware")
    for _ in range(20):
        assert met.world.usher("run", session, "--", "Get-Arguments", "-A", "1").status == 0


def test_a_wrong_password_is_told(meet):
    met = meet(Habits())
    (met.world.directory / "credentials/litware-ken").write_text("wrong\n")
    result = met.run("Get-Streams")
    assert result.status == 77 and met.server.counts == {"Unauthorized": 1}, (result, met.server.counts)


# What is asked, and what is sent in.


def test_a_person_answers_what_it_asks(met):
    terminal = Terminal(met.world, "run", "litware", "--", "Ask-Everything")
    terminal.read_until(r'\[Y\] Yes  \[N\] No  \[\?\] Help \(default is "N"\): ')
    terminal.type("y\n")
    terminal.read_until(r"Choice\[0\]: ")
    terminal.type("n\n")
    terminal.read_until(r"Choice\[1\]: ")
    terminal.type("\n")
    terminal.read_until("User: ")
    terminal.type("ann\n")
    terminal.read_until("Password for user ann: ")
    terminal.type("hush ✓\n")
    terminal.read_until("Pin: ")
    terminal.type("0815\n")
    shown = terminal.ends_with(0)
    for line in (r"Chosen +: 0", r"Several +: \{1\}", r"User +: ann", r"Password +: hush ✓", r"Pin +: 0815"):
        assert re.search(line, shown), shown


def test_secrets_arrive(met):
    session = met.world.open("litware")
    for _ in range(2):
        told = met.world.usher("run", session, "--secret", "pin=-", "--", "Reveal", "-Secret", "$pin", input="hush ✓\n".encode())
        assert told.output == "hush ✓\n", told
    told = met.world.usher("run", session, "--credential", "who=ann:-", "--", "Reveal", "-Secret", "$who", input=b"hush\n")
    assert told.output == "ann:hush\n", told


def test_objects_are_sent_in(met):
    text = "".join(f'{{"n":{number},"text":"{"x" * 200}"}}\n' for number in range(1500))
    told = met.world.usher(
        "run", "litware", "--format", "jsonl", "--input", "jsonl", "--", "Get-Input", input=text.encode(), within=60
    )
    lines = [json.loads(line) for line in told.output.splitlines()]
    assert [line["n"] for line in lines[:-1]] == list(range(1500)) and lines[-1] == 1500, told.errors


def test_a_request_of_700_kilobytes_arrives(met):
    text = "x" * 700_000
    path = met.world.directory / "large.jsonl"
    path.write_text(json.dumps({"text": text[:400_000]}) + "\n")
    told = met.world.usher("run", "litware", "--format", "jsonl", "--input", "jsonl", "--", "Get-Input", input=path.read_bytes())
    assert json.loads(told.output.splitlines()[0])["text"] == text[:400_000], told.errors
    reply = list(met.world.wire().stream("Invoke", {"tenant": "litware", "commands": [
        {"name": "Get-Arguments", "arguments": [{"name": "Text", "value": {"string": text}}]}]}))
    records = [record for part in reply for record in part.get("records", [])]
    assert records[0]["data"]["Text"] == text
