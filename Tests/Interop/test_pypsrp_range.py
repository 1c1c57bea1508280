"""The rest of what a real server does, driven by pypsrp: a host that is asked, secrets, other clients that take over, and the
habits of servers of several ages."""

import pytest
from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.exceptions import WSManFaultError
from pypsrp.host import PSHost, PSHostRawUserInterface, PSHostUserInterface
from pypsrp.complex_objects import (
    Color,
    Coordinates,
    ObjectMeta,
    PSCredential,
    Size,
)
from pypsrp.powershell import PowerShell, RunspacePool

from lab import DANA, KEN, Lab, run, script


@pytest.fixture
def lab():
    with Lab("--language", "full") as lab:
        yield lab


class Answers(PSHostUserInterface):
    """A person who has decided beforehand."""

    def __init__(self):
        window = PSHostRawUserInterface(
            "title",
            25,
            Color(value=Color.GRAY),
            Color(value=Color.BLACK),
            *[Coordinates(x=0, y=0)] * 2,
            *[Size(width=80, height=25)] * 4,
        )
        super().__init__(window)
        self.asked = []
        self.written = []

    def ReadLine(self, runspace, pipeline):
        self.asked.append("line")
        return "Ann"

    def ReadLineAsSecureString(self, runspace, pipeline):
        self.asked.append("secret")
        return "hush"

    def Write1(self, runspace, pipeline, value):
        self.written.append(value)

    def WriteLine2(self, runspace, pipeline, value):
        self.written.append(value + "\n")

    def WriteLine3(self, runspace, pipeline, foreground_color, background_color, value):
        self.written.append((str(foreground_color), str(background_color), value + "\n"))

    def WriteWarningLine(self, runspace, pipeline, message):
        self.written.append("WARNING: " + message)

    def Prompt(self, runspace, pipeline, caption, message, description):
        self.asked.append([item.extended_properties["name"] for item in description])
        return {item.extended_properties["name"]: "given" for item in description}

    def PromptForChoice(self, runspace, pipeline, caption, message, choices, default_choice):
        self.asked.append((caption, message, [item.extended_properties["label"] for item in choices], default_choice))
        return 1


def host():
    return PSHost(None, None, True, "test", None, Answers(), "1.0")


def opened(lab, **more):
    pool = RunspacePool(lab.wsman(), **more)
    pool.open()
    return pool


def test_a_person_at_the_host_is_asked(lab):
    person = host()
    with opened(lab, host=person) as pool:
        assert run(pool, ("Read-Host",))[0] == ["Ann"]
        assert run(pool, ("Read-Host", {"Prompt": "Name"}))[0] == ["given"]
        assert run(pool, ("Read-LabChoice", {"Message": "Sure?", "Choice": ["&Yes", "&No"], "Default": 1}))[0] == [1]
    assert person.ui.asked == ["line", ["Name"], ("Confirm", "Sure?", ["&Yes", "&No"], 1)]


def test_what_is_written_to_the_host_comes_as_a_call_and_as_a_record(lab):
    person = host()
    with opened(lab, host=person) as pool:
        _, pipeline = run(pool, ("Write-Host", {"Object": "hello"}))
        run(pool, ("Write-Host", {"Object": "green", "ForegroundColor": "Green"}))
        run(pool, ("Write-Host", {"Object": "so far", "NoNewline": True}))
        run(pool, ("Write-LabStreams",))
    assert person.ui.written[0] == "hello\n" and person.ui.written[2] == "so far"
    assert person.ui.written[1][2] == "green\n" and "Green" in person.ui.written[1][0]
    assert "WARNING: something to Warning" in person.ui.written
    assert pipeline.streams.information[0].tags == ["PSHOST"]


def test_without_a_host_the_server_answers_prompts_itself(lab):
    with lab.open() as pool:
        _, shell = run(pool, ("Read-Host",))
        assert shell.state == PSInvocationState.FAILED
        assert "does not support user interaction" in str(shell.streams.error[0])
        assert run(pool, ("Get-CsTenant",))[1].state == PSInvocationState.COMPLETED


def test_secrets_travel_both_ways(lab):
    with lab.open() as pool:
        pool.exchange_keys()
        secret = pool.serialize("hush ✓", ObjectMeta("SS"))
        assert run(pool, ("ConvertFrom-LabSecret", {"Secret": secret}))[0] == ["hush ✓"]
        credential = PSCredential(username="ann", password="hush")
        assert run(pool, ("ConvertFrom-LabSecret", {"Secret": credential}))[0] == ["ann:hush"]
        assert run(pool, ("Get-LabSecret", {"Text": "from there"}))[0] == ["from there"]


def test_state_stays_between_pipelines_and_is_reset(lab):
    with opened(lab) as pool:
        script(pool, "$a = 5")
        assert script(pool, "$a")[0] == [5]
        assert pool.get_available_runspaces() == 1
        pool.reset_runspace_state()
        assert script(pool, "$a")[0] in ([], [None])


def test_two_pipelines_run_at_once_where_there_are_two_runspaces(lab):
    with opened(lab, min_runspaces=1, max_runspaces=2) as pool:
        slow, quick = PowerShell(pool), PowerShell(pool)
        slow.add_cmdlet("Start-LabSleep").add_parameter("Seconds", 2)
        quick.add_cmdlet("Get-CsTenant")
        slow.begin_invoke()
        assert quick.invoke() and slow.state == PSInvocationState.RUNNING
        slow.end_invoke()
        assert slow.output[-1] == "slept"


def test_a_request_of_700_kilobytes_goes_in_pieces(lab):
    with lab.open() as pool:
        text = "x" * 700_000
        assert run(pool, ("Set-LabMark", {"Identity": "large", "Token": text}))[0] == ["marked " + text]


def test_1500_objects_come_whole(lab):
    with lab.open() as pool:
        objects, _ = run(pool, ("Get-LabObject", {"Count": 1500}))
        assert [item.adapted_properties["Index"] for item in objects] == list(range(1500))


def test_input_of_many_objects(lab):
    with lab.open() as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Select-Object")
        assert shell.invoke(input=[f"line {n}" for n in range(2000)]) == [f"line {n}" for n in range(2000)]


# Other clients.


def test_a_pool_is_left_and_taken_up_again(lab):
    pool = opened(lab)
    script(pool, "$kept = 7")
    pool.disconnect()
    assert pool.state == RunspacePoolState.DISCONNECTED
    again = lab.wsman()
    found = RunspacePool.get_runspace_pools(again)
    assert [item.state for item in found] == [RunspacePoolState.DISCONNECTED]
    shell = PowerShell(pool)
    shell.add_script("$kept")
    pool.connect()
    assert shell.invoke() == [7]
    pool.close()


def test_another_client_takes_a_pool_over_with_what_runs_in_it(lab):
    pool = opened(lab)
    shell = PowerShell(pool)
    shell.add_cmdlet("Start-LabSleep").add_parameter("Seconds", 1)
    shell.begin_invoke()
    pool.disconnect()
    (taken,) = RunspacePool.get_runspace_pools(lab.wsman())
    pipelines = taken.create_disconnected_power_shells()
    assert len(pipelines) == 1
    taken.connect()
    pipelines[0].connect_async()
    pipelines[0].end_invoke()
    assert pipelines[0].output[-1] == "slept"
    assert run(taken, ("Get-CsTenant",))[0]
    taken.close()
    assert lab.stats()["live"] == 0


def test_a_connected_pool_is_nobody_elses_to_take(lab):
    pool = opened(lab)
    (other,) = RunspacePool.get_runspace_pools(lab.wsman())
    other.state = RunspacePoolState.DISCONNECTED
    with pytest.raises(WSManFaultError):
        other.connect()
    pool.close()


def test_others_do_not_see_it(lab):
    pool = opened(lab)
    assert RunspacePool.get_runspace_pools(lab.wsman(user=DANA, password="other")) == []
    pool.close()


# Habits.


@pytest.mark.parametrize(
    "options",
    [
        ("--server-ids", "on", "--protocol", "2.1"),
        ("--protocol", "2.2"),
        ("--fragment-bytes", "100"),
        ("--fragment-bytes", "200000"),
        ("--byte-order-mark", "off"),
    ],
    ids=" ".join,
)
def test_servers_have_habits(options):
    with Lab(*options) as lab:
        pool = lab.open()
        objects, _ = run(pool, ("Get-LabObject", {"Count": 40, "Padding": 50}))
        assert len(objects) == 40
        pool.exchange_keys()
        secret = pool.serialize("hush", ObjectMeta("SS"))
        assert run(pool, ("ConvertFrom-LabSecret", {"Secret": secret}))[0] == ["hush"]
        pool.close()
        assert lab.stats()["live"] == 0


def test_a_service_that_throttles_says_so():
    with Lab("--throttle", "on") as lab, lab.open() as pool:
        _, pipeline = run(pool, ("Get-CsTenant",))
        assert "Micro delay applied. Actual delayed: 21956 msecs" in pipeline.streams.warning[0].message


def test_answers_fit_into_what_the_client_takes(lab):
    wsman = lab.wsman()
    wsman.max_envelope_size = 20480
    sizes, send = [], wsman.transport.send

    def measured(message, *arguments, **more):
        answer = send(message, *arguments, **more)
        sizes.append(len(answer))
        return answer

    wsman.transport.send = measured
    with RunspacePool(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Write-Output").add_parameter("InputObject", "x" * 60000)
        assert shell.invoke() == ["x" * 60000]
    assert 10000 < max(sizes) <= 20480
