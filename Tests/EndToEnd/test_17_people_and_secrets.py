"""What a pipeline asks of people, and what is sent into it: on a terminal, and where nobody sits at one."""

import json
import re
import subprocess
import time

import pytest

from terminal import Terminal
from wire import Refused


def run_on_terminal(litware, *words):
    return Terminal(litware.world, "run", "litware", "--", *words)


# On a terminal.


def test_a_line_is_asked_for_and_given(litware):
    terminal = run_on_terminal(litware, "Read-Host")
    terminal.type("Ann Cox\n")
    assert "Ann Cox" in terminal.ends_with(0)


def test_a_value_with_a_name_is_asked_for_by_it(litware):
    terminal = run_on_terminal(litware, "Read-Host", "-Prompt", "Your name")
    terminal.read_until("Your name: ")
    terminal.type("Ann\n")
    assert re.search(r"Ann\r\n(?s:.*)Ann", terminal.ends_with(0))


def test_a_choice_is_made_by_its_letter_and_explained(litware):
    terminal = run_on_terminal(
        litware, "Read-LabChoice", "-Message", "Really delete it?", "-Choice", "&Yes,&No", "-Default", "1"
    )
    shown = terminal.read_until(r'\[Y\] Yes  \[N\] No  \[\?\] Help \(default is "N"\): ')
    assert "Confirm" in shown and "Really delete it?" in shown
    terminal.type("?\n")
    terminal.read_until("Y - &Yes, and nothing else.|Y - Yes")
    terminal.read_until(r'default is "N"')
    terminal.type("maybe\n")
    terminal.read_until(r'default is "N"')
    terminal.type("y\n")
    assert "0" in terminal.ends_with(0)


def test_enter_takes_what_is_preset_and_several_are_a_list(litware):
    terminal = run_on_terminal(litware, "Read-LabChoice", "-Choice", "&Yes,&No", "-Default", "1")
    terminal.read_until(r'default is "N"\): ')
    terminal.type("\n")
    assert terminal.ends_with(0).strip().endswith("1")
    terminal = run_on_terminal(litware, "Read-LabChoice", "-Multiple", "-Choice", "&One,&Two,&Three")
    terminal.read_until(r"Choice\[0\]: ")
    terminal.type("t\n")
    terminal.read_until(r"Choice\[1\]: ")
    terminal.type("one\n")
    terminal.read_until(r"Choice\[2\]: ")
    terminal.type("\n")
    assert re.findall(r"^\d", terminal.ends_with(0), re.MULTILINE) == ["1", "0"]


def test_a_credential_is_asked_for_and_its_password_is_not_shown(litware):
    terminal = run_on_terminal(litware, "Get-Credential", "|", "ConvertFrom-LabSecret")
    terminal.read_until("User: ")
    terminal.type("ann\n")
    terminal.read_until("Password for user ann: ")
    terminal.type("hush-hush\n")
    shown = terminal.ends_with(0)
    assert shown.count("hush-hush") == 1 and "ann:hush-hush" in shown


def test_a_form_is_filled_in(litware):
    terminal = run_on_terminal(litware, "Read-LabFields")
    terminal.read_until("Name: ")
    terminal.type("!?\n")
    terminal.read_until("The Name of it.")
    terminal.read_until("Name: ")
    terminal.type("Ann\n")
    terminal.read_until("Count: ")
    terminal.type("many\n")
    terminal.read_until('"many" is no System.Int32')
    terminal.read_until("Count: ")
    terminal.type("7\n")
    terminal.read_until("Pin: ")
    terminal.type("0815\n")
    terminal.read_until("Account, user: ")
    terminal.type("ann\n")
    terminal.read_until("Password for user ann: ")
    terminal.type("hush\n")
    terminal.read_until(r"Tags\[0\]: ")
    terminal.type("a\n")
    terminal.read_until(r"Tags\[1\]: ")
    terminal.type("\n")
    shown = terminal.ends_with(0)
    assert "Ann" in shown and "7" in shown and "System.Security.SecureString" in shown
    assert "0815" not in shown and "hush" not in shown


def test_ctrl_c_at_a_question_stops_the_pipeline_and_not_the_session(litware):
    session = litware.world.open("litware")
    terminal = run_on_terminal(litware, "Read-Host", "-Prompt", "Name")
    terminal.read_until("Name: ")
    terminal.type("\x03")
    terminal.ends_with(130)
    assert litware.world.session(session)["state"] == "ready"


def test_an_end_of_input_is_no_answer(litware):
    terminal = run_on_terminal(litware, "Read-Host", "-Prompt", "Name")
    terminal.read_until("Name: ")
    terminal.type("\x04")
    assert "nobody" in terminal.ends_with(1)


def test_a_pipeline_that_ends_under_its_question_ends_the_question(litware):
    session = litware.world.open("litware")
    terminal = run_on_terminal(litware, "Read-Host", "-AsSecureString", "-Prompt", "Pin")
    terminal.read_until("Pin: ")
    litware.world.ask("Stop", {"session": session})
    terminal.ends_with(1)


def test_the_shell_asks_too(litware):
    terminal = Terminal(litware.world, "shell", "litware")
    terminal.read_until("litware s[0-9a-z]+> ")
    terminal.type("Read-Host -Prompt Name\r")
    terminal.read_until("Name: ")
    terminal.type("Ann\n")
    terminal.read_until("litware s[0-9a-z]+> ")
    terminal.type("exit\r")
    terminal.ends_with(0)


def test_colours_of_write_host_are_shown_on_a_terminal(litware):
    terminal = run_on_terminal(litware, "Write-Host", "hello", "-ForegroundColor", "Green")
    assert "\x1b[92;40mhello\x1b[0m" in terminal.ends_with(0)


# Where nobody sits.


@pytest.mark.parametrize(
    "words, asked",
    [
        (["Read-Host"], "asks for a line"),
        (["Read-Host", "-Prompt", "Your name"], "Your name"),
        (["Read-LabChoice", "-Message", "Really?"], "Really?"),
        (["Get-Credential", "-Message", "Who are you?"], "Who are you?"),
        (["Read-LabFields", "-Message", "Fill in"], "Name, Count, Pin, Account, Tags"),
    ],
    ids=lambda item: item[0] if isinstance(item, list) else "",
)
def test_a_script_hears_at_once_what_was_asked(litware, words, asked):
    begun = time.monotonic()
    told = litware.world.usher("run", "litware", "--", *words, input="an answer that nobody reads\n".encode())
    assert told.status == 1 and asked in told.errors and "nobody can answer here" in told.errors, told
    assert time.monotonic() - begun < 5


def test_a_program_gets_the_question_as_json(litware):
    told = litware.world.usher("run", "litware", "--format", "jsonl", "--", "Read-LabChoice")
    errors = [json.loads(line) for line in told.errors.splitlines()]
    assert told.status == 1 and errors[0]["code"] == "PromptUnanswered"
    assert [choice["label"] for choice in errors[0]["prompt"]["choices"]] == ["&Yes", "&No"]


def test_what_came_twice_is_shown_once(litware):
    told = litware.world.usher("run", "litware", "--", "Write-LabStreams")
    for kind in ("Warning", "Verbose", "Debug", "Information"):
        assert told.errors.count(f"something to {kind}") == 1, told
    told = litware.world.usher("run", "litware", "--", "Write-Host", "so far", "-NoNewline")
    assert told.errors == "so far"


def test_any_client_answers(litware):
    """Without usher: Invoke on one connection, Answer on another."""
    session = litware.world.open("litware")
    with litware.world.wire() as wire, litware.world.wire() as other:
        wire.send("Invoke", {"session": session, "commands": [{"name": "Read-Host"}], "prompts": True}, more=True)
        prompt = None
        while prompt is None:
            for record in wire.result().get("records", []):
                prompt = record.get("prompt")
        assert prompt == {"kind": "line", "prompt": prompt["prompt"]}
        answer = {"session": session, "prompt": prompt["prompt"]}

        def refused(**parameters):
            with pytest.raises(Refused) as error:
                other.call("Answer", {**answer, **parameters})
            return error.value.name

        assert refused(value={"int": 5}) == "InvalidParameter"
        assert refused(prompt=999, value={"string": "x"}) == "NothingRuns"
        assert refused(invocation=999, value={"string": "x"}) == "NothingRuns"
        assert other.call("Answer", {**answer, "value": {"string": "Ann"}}) == {}
        records = []
        while "outcome" not in (parameters := wire.result()):
            records += parameters.get("records", [])
        assert parameters["outcome"] == "completed" and records[0]["scalar"] == {"string": "Ann"}
        assert refused(value={"string": "Ann"}) == "NothingRuns"


# Arguments and input.


def test_hashtables_and_lists_arrive(litware):
    told = litware.world.usher(
        "run", "litware", "--format", "json", "--", "Write-Output", "@{Name='Ann'; Tags=1,'two'; Inner=@{a=$true}}"
    )
    assert told.json["items"] == [{"Name": "Ann", "Tags": [1, "two"], "Inner": {"a": True}}], told


def test_a_secret_comes_from_a_descriptor_and_arrives(litware):
    told = litware.world.usher(
        "run", "litware", "--secret", "pin=-", "--", "ConvertFrom-LabSecret", "$pin", input="hush ✓\nrest".encode()
    )
    assert told.status == 0 and told.output == "hush ✓\n", told
    told = litware.world.usher(
        "run", "litware", "--credential", "who=ann:-", "--", "ConvertFrom-LabSecret", "-Secret", "$who", input="hush\n".encode()
    )
    assert told.output == "ann:hush\n", told


def test_no_secret_is_in_what_the_daemon_says_or_keeps(litware):
    world = litware.world
    world.usher("run", "litware", "--secret", "pin=-", "--", "ConvertFrom-LabSecret", "$pin", input="0815-4711\n".encode())
    world.usher("run", "litware", "--secret", "pin=-", "--", "Test-LabError", "-Target", "$pin", input="0815-4711\n".encode())
    kept = b"".join(path.read_bytes() for path in world.directory.rglob("*") if path.is_file())
    assert b"0815-4711" not in kept and "0815-4711" not in world.daemon.log


def test_a_secret_needs_a_source(litware):
    # One that goes nowhere is a slip, and its name would be sent as it is.
    told = litware.world.usher("run", "litware", "--secret", "pim=-", "--", "ConvertFrom-LabSecret", "$pin", input=b"x\n")
    assert told.status == 64 and "No word of the pipeline is $pim" in told.errors, told
    told = litware.world.usher("run", "litware", "--secret", "pin", "--", "ConvertFrom-LabSecret", "$pin", input="".encode())
    assert told.status == 64 and "pin=- is standard input" in told.errors


@pytest.mark.parametrize(
    "form, text, expected",
    [
        ("lines", "one\ntwo\r\n\nlast", ["one", "two", "", "last"]),
        ("jsonl", '{"Name":"Ann","Tags":[1,2]}\n\n5\n"x"\n', [{"Name": "Ann", "Tags": [1, 2]}, 5, "x"]),
        (
            "csv",
            'Name,"Full ""Name"""\nann,"Cox, Ann"\nbob,"two\nlines"\ncid\n',
            [
                {"Name": "ann", 'Full "Name"': "Cox, Ann"},
                {"Name": "bob", 'Full "Name"': "two\nlines"},
                {"Name": "cid", 'Full "Name"': None},
            ],
        ),
    ],
)
def test_objects_come_from_standard_input(litware, form, text, expected):
    told = litware.world.usher(
        "run", "litware", "--input", form, "--format", "jsonl", "--", "Select-Object", input=text.encode()
    )
    assert [json.loads(line) for line in told.output.splitlines()] == expected, told


def test_many_objects_go_in_while_others_come_out(litware):
    text = "".join(f'{{"n":{n},"text":"{"x" * 300}"}}\n' for n in range(5000))
    told = litware.world.usher(
        "run", "litware", "--input", "jsonl", "--format", "jsonl", "--", "Select-Object", input=text.encode(), within=120
    )
    assert [json.loads(line)["n"] for line in told.output.splitlines()] == list(range(5000)), told.errors


def test_a_pipeline_that_has_enough_leaves_the_rest(litware):
    begun = time.monotonic()
    feeding = subprocess.Popen(["yes", "again and again"], stdout=subprocess.PIPE)
    told = litware.world.start_usher(
        "run", "litware", "--input", "lines", "--", "Select-Object", "-First", "3", stdin=feeding.stdout
    )
    feeding.stdout.close()
    result = told.result(within=30)
    feeding.kill()
    feeding.wait()
    assert result.status == 0 and result.output == "again and again\n" * 3, result
    assert time.monotonic() - begun < 25


def test_input_that_cannot_be_read_stops_the_pipeline(litware):
    told = litware.world.usher(
        "run", "litware", "--input", "jsonl", "--", "Select-Object", input=b'{"a":1}\nno json\n'
    )
    assert told.status == 65 and "Line 2 of standard input is no JSON" in told.errors, told
    assert litware.world.usher("run", "litware", "--", "Get-CsTenant").status == 0
