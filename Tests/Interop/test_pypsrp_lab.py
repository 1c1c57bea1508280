"""pypsrp and psrpcore, which nobody here wrote, against usher-lab. USHER_LAB names the program."""

import base64
import http.client
import threading
import time
import uuid
from xml.etree import ElementTree

import psrpcore
import pytest
import requests.exceptions
from psrpcore.types import CommandTypes
from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import OptionSet, SelectorSet, WSManAction

from lab import DANA, KEN, Lab, run, script

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


def text_of(error):
    return str(error.value)


# Opening, running, closing.


def test_a_pool_opens_runs_and_closes(lab):
    pool = lab.open()
    assert pool.state == RunspacePoolState.OPENED
    objects, pipeline = run(pool, ("Get-CsTenant",))
    assert pipeline.state == PSInvocationState.COMPLETED and not pipeline.had_errors
    assert objects[0].adapted_properties["DisplayName"] == "Litwareinc"
    assert lab.stats()["live"] == 1
    pool.close()
    stats = lab.stats()
    assert stats["live"] == 0 and stats["deletes"] == 1 and stats["operations"]["Create"] == 1
    assert stats["peak"] == {"tenant": 1, "admins": {KEN: 1}}


def test_cmdlets_are_piped(lab):
    with lab.open() as pool:
        objects, _ = run(
            pool,
            ("Get-CsOnlineUser", {"Filter": 'Department -eq "Sales"'}),
            ("Sort-Object", {"Property": "DisplayName"}),
            ("Select-Object", {"Property": ["DisplayName", "SipAddress"], "First": 3}),
        )
        names = [item.extended_properties["DisplayName"] for item in objects]
        assert len(names) == 3 and names == sorted(names)
        assert list(objects[0].extended_properties) == ["DisplayName", "SipAddress"]
        assert objects[0].types[0].startswith("Selected.")
        many, _ = run(pool, ("Get-CsOnlineUser", {"ResultSize": 5}))
        assert len(many) == 5


def test_every_stream_arrives(lab):
    with lab.open() as pool:
        objects, pipeline = run(pool, ("Write-LabStreams", {"Message": "Grüße\x1b"}))
        streams = pipeline.streams
        assert objects == ["Grüße\x1b to Output"]
        assert [str(record) for record in streams.error] == ["Grüße\x1b to Error"]
        assert streams.warning[0].message == "Grüße\x1b to Warning"
        assert streams.verbose[0].message == "Grüße\x1b to Verbose"
        assert streams.debug[0].message == "Grüße\x1b to Debug"
        assert streams.information[0].message_data == "Grüße\x1b to Information"
        assert [record.percent_complete for record in streams.progress] == [50, 100]


def test_errors_are_told_as_powershell_tells_them(lab):
    with lab.open() as pool:
        _, pipeline = run(pool, ("Get-Nothing",))
        error = pipeline.streams.error[0]
        assert pipeline.state == PSInvocationState.FAILED
        assert error.fq_error == "CommandNotFoundException"
        assert "'Get-Nothing' is not recognized as the name of a cmdlet" in str(error)
        objects, pipeline = run(pool, ("Test-LabError", {"Target": "room 7"}))
        assert objects == ["before", "after"] and pipeline.state == PSInvocationState.COMPLETED
        assert pipeline.streams.error[0].target_object == "room 7"
        _, pipeline = run(pool, ("Test-LabError", {"Terminating": True}))
        assert pipeline.state == PSInvocationState.FAILED
        _, pipeline = run(pool, ("Get-CsTenant", {"Nme": "x"}))
        assert pipeline.streams.error[0].fq_error.startswith("NamedParameterNotFound,")


def test_values_of_every_type_are_read(lab):
    with lab.open() as pool:
        objects, pipeline = run(pool, ("Get-LabValues",))
        values = {item.extended_properties["Name"]: item.extended_properties["Value"] for item in objects}
        assert pipeline.state == PSInvocationState.COMPLETED and len(values) > 40
        assert values["Unicode"] == "Zoë €𝄞🦆 日本語 עברית"
        assert values["LikeAnEscape"] == "a_x0041_b _X _x"
        assert values["Terminal"].startswith("\x1b[31mred")
        assert values["Beyond53Bits"] == 2**53 + 1 and values["UInt64"] == 2**64 - 1
        assert values["Bytes"] == bytes([0, 1, 127, 128, 255])
        assert values["Decimal"] == "79228162514264337593543950335"
        assert values["Guid"] == uuid.UUID("bf19b7db-6960-41e5-a139-2aa373474354")
        assert values["NaN"] != values["NaN"]


def test_a_long_result_comes_whole(lab):
    with lab.open() as pool:
        objects, _ = run(pool, ("Get-LabObject", {"Count": 2000, "Padding": 40}))
        assert [item.adapted_properties["Index"] for item in objects] == list(range(2000))
        assert len(objects[0].adapted_properties) == 11
        objects, _ = run(pool, ("Get-LabObject", {"Count": 3, "Padding": 100_000}))
        assert len(objects[2].adapted_properties["Padding"]) == 100_000


def test_input_goes_into_the_first_command(lab):
    with lab.open() as pool:
        pipeline = PowerShell(pool)
        pipeline.add_cmdlet("Sort-Object")
        assert pipeline.invoke(["c", "a", "b"]) == ["a", "b", "c"]


def test_a_pipeline_is_stopped(lab):
    with lab.open() as pool:
        for command in (("Start-LabSleep", "Seconds", 60), ("Get-LabEndless", "Padding", 10)):
            pipeline = PowerShell(pool)
            pipeline.add_cmdlet(command[0]).add_parameter(command[1], command[2])
            pipeline.begin_invoke()
            began = time.monotonic()
            pipeline.stop()
            assert pipeline.state == PSInvocationState.STOPPED and time.monotonic() - began < 5
        assert run(pool, ("Get-CsTenant",))[1].state == PSInvocationState.COMPLETED
        assert pool.get_available_runspaces() == 1


def test_a_second_pipeline_waits_for_the_runspace(lab):
    with lab.open() as pool:
        slow = PowerShell(pool)
        slow.add_cmdlet("Start-LabSleep").add_parameter("Seconds", 1)
        slow.begin_invoke()
        began = time.monotonic()
        assert run(pool, ("Get-CsTenant",))[1].state == PSInvocationState.COMPLETED
        assert time.monotonic() - began > 0.8


def test_what_changes_something_is_counted_with_its_token(lab):
    with lab.open() as pool:
        for token in ("a", "b", "b"):
            run(pool, ("Enable-CsMeetingRoom", {"Identity": "room7@litwareinc.com", "Token": token}))
        run(
            pool,
            ("Get-CsOnlineUser", {"Identity": DANA}),
            ("Grant-CsClientPolicy", {"PolicyName": "ClientPolicyNoIMURL"}),
        )
        user, _ = run(pool, ("Get-CsOnlineUser", {"Identity": DANA}))
        assert user[0].adapted_properties["ClientPolicy"] == "ClientPolicyNoIMURL"
    counts = {(entry["cmdlet"], entry["token"]): entry["count"] for entry in lab.stats()["executions"]}
    assert counts[("Enable-CsMeetingRoom", "a")] == 1 and counts[("Enable-CsMeetingRoom", "b")] == 2
    assert counts[("Grant-CsClientPolicy", "")] == 1


# Commands and their parameters.


def test_get_command_as_an_import_asks_it(lab):
    with lab.open() as pool:
        properties = ["Name", "Namespace", "HelpUri", "CommandType", "ResolvedCommandName", "OutputType", "Parameters"]
        objects, _ = run(
            pool,
            ("Get-Command", {"Name": ["*"], "CommandType": "Alias, Function, Filter, Cmdlet"}),
            ("Select-Object", {"Property": properties}),
        )
        found = {item.extended_properties["Name"]: item.extended_properties for item in objects}
        assert len(found) > 40 and found["Get-CsTenant"]["Namespace"] == "LyncOnline"
        parameters = found["Get-CsOnlineUser"]["Parameters"]
        assert parameters["ResultSize"].name == "ResultSize"
        count, _ = run(pool, ("Get-Command", {"Name": "Get-Cs*"}), ("Measure-Object",))
        assert count[0].adapted_properties["Count"] > 15
        _, pipeline = run(pool, ("Get-Command", {"Name": "Get-Nothing"}))
        assert pipeline.streams.error[0].fq_error.startswith("CommandNotFoundException,")


class Core:
    """psrpcore's client half, carried by pypsrp's WS-Management."""

    def __init__(self, lab):
        self.wsman = lab.wsman()
        self.pool = psrpcore.ClientRunspacePool()
        self.pool.open()
        shell = ElementTree.Element(f"{{{SHELL}}}Shell", ShellId=str(self.pool.runspace_pool_id).upper())
        ElementTree.SubElement(shell, f"{{{SHELL}}}InputStreams").text = "stdin pr"
        ElementTree.SubElement(shell, f"{{{SHELL}}}OutputStreams").text = "stdout"
        creation = ElementTree.SubElement(shell, "creationXml", xmlns="http://schemas.microsoft.com/powershell")
        creation.text = base64.b64encode(self.pool.data_to_send().data).decode()
        options = OptionSet()
        options.add_option("protocolversion", "2.3", {"MustComply": "true"})
        response = self.wsman.create(RESOURCE, shell, options)
        selectors = response.find(".//{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}SelectorSet")
        self.selectors = SelectorSet()
        self.selectors.add_option("ShellId", selectors[0].text)

    def receive(self, command=None):
        body = ElementTree.Element(f"{{{SHELL}}}Receive")
        desired = ElementTree.SubElement(body, f"{{{SHELL}}}DesiredStream")
        desired.text = "stdout"
        if command:
            desired.attrib["CommandId"] = command
        answer = self.wsman.receive(RESOURCE, body, selector_set=self.selectors)
        for stream in answer.iter(f"{{{SHELL}}}Stream"):
            self.pool.receive_data(psrpcore.PSRPPayload(base64.b64decode(stream.text), psrpcore.StreamType.default, None))
        events = []
        while (event := self.pool.next_event()) is not None:
            events.append(event)
        return events

    def begin(self, pipeline):
        pipeline.start()
        payload = self.pool.data_to_send()
        command = str(payload.pipeline_id).upper()
        line = ElementTree.Element(f"{{{SHELL}}}CommandLine", CommandId=command)
        ElementTree.SubElement(line, f"{{{SHELL}}}Command")
        ElementTree.SubElement(line, f"{{{SHELL}}}Arguments").text = base64.b64encode(payload.data).decode()
        self.wsman.command(RESOURCE, line, selector_set=self.selectors)
        return command

    def events(self, command):
        events = []
        while not any(isinstance(event, psrpcore.PipelineStateEvent) for event in events):
            events += self.receive(command)
        return events


def test_psrpcore_opens_asks_for_metadata_and_runs(lab):
    core = Core(lab)
    while core.pool.state != psrpcore.types.RunspacePoolState.Opened:
        core.receive()
    private = core.pool.application_private_data
    assert "PSVersionTable" in private
    question = psrpcore.ClientGetCommandMetadata(core.pool, name="Get-CsO*", command_type=CommandTypes.Cmdlet)
    events = core.events(core.begin(question))
    outputs = [event.data for event in events if not isinstance(event, psrpcore.PipelineStateEvent)]
    assert outputs[0].Count == 1
    assert outputs[1].Name == "Get-CsOnlineUser" and "ResultSize" in outputs[1].Parameters
    pipeline = psrpcore.ClientPowerShell(core.pool)
    pipeline.add_command("Get-LabValues").add_parameters(Name="Decimal*")
    events = core.events(core.begin(pipeline))
    assert [event.data.Name for event in events[:-1]] == ["Decimal", "DecimalScale"]
    assert events[-1].state == psrpcore.types.PSInvocationState.Completed
    core.wsman.delete(RESOURCE, selector_set=core.selectors)
    assert lab.stats()["live"] == 0


# Language.


def test_script_text_is_refused_and_read_where_it_is_allowed(lab):
    with lab.open() as pool:
        _, pipeline = script(pool, "1")
        assert pipeline.state == PSInvocationState.FAILED
        assert pipeline.streams.error[0].fq_error == "ScriptsNotAllowed"
    with Lab("--language", "full") as lab, lab.open() as pool:
        assert script(pool, "$x = 'ken', 5; $x")[0] == ["ken", 5]
        assert script(pool, "Get-CsOnlineUser -ResultSize 9 | Measure-Object")[0][0].adapted_properties["Count"] == 9
        _, pipeline = script(pool, "while ($true) { }")
        assert pipeline.state == PSInvocationState.FAILED


# Quotas.


def fill(lab, count=3):
    return [lab.open() for _ in range(count)]


def test_a_fourth_session_is_refused_by_a_fault(lab):
    pools = fill(lab)
    with pytest.raises(WSManFaultError) as error:
        lab.open()
    assert error.value.code == 2150859173
    assert "concurrent shells for this user has been exceeded" in text_of(error)
    other = lab.open(DANA, "other")
    stats = lab.stats()
    assert stats["live"] == 4 and stats["creates"]["refused"] == 1 and stats["peak"]["admins"] == {KEN: 3, DANA: 1}
    for pool in [*pools, other]:
        pool.close()
    lab.open().close()
    assert lab.stats()["live"] == 0


def test_the_organization_has_a_quota_of_its_own():
    with Lab("--sessions-per-organization", "2") as lab:
        fill(lab, 2)
        with pytest.raises(WSManFaultError, match="concurrent shells for this tenant"):
            lab.open(DANA, "other")


def test_a_fourth_session_hangs_and_is_dropped():
    with Lab("--over-limit", "hang") as lab:
        pools = fill(lab)
        with pytest.raises(requests.exceptions.ReadTimeout):
            lab.open(read_timeout=1)
        assert lab.stats()["creates"]["refused"] == 0
        pools[0].close()
        assert lab.stats()["live"] == 2
        lab.open().close()


def test_a_fourth_session_hangs_and_comes_late():
    with Lab("--over-limit", "hang", "--hang", "late") as lab:
        pools = fill(lab)
        late = []
        waiting = threading.Thread(target=lambda: late.append(lab.open()))
        waiting.start()
        until(lambda: lab.stats()["creates"]["hanging"] == 1)
        pools.pop().close()
        waiting.join(10)
        assert late and lab.stats()["live"] == 3
        # Nobody waits for this one any more, and it is made all the same.
        with pytest.raises(requests.exceptions.ReadTimeout):
            lab.open(read_timeout=1)
        pools.pop().close()
        stats = lab.stats()
        assert stats["live"] == 3 and [shell["leaked"] for shell in stats["shells"]].count(True) == 1
        assert stats["creates"]["late"] == 2


def test_a_fourth_session_breaks_after_it_was_made():
    with Lab("--over-limit", "after-create") as lab:
        fill(lab)
        pool = RunspacePool(lab.wsman())
        with pytest.raises(Exception) as error:
            pool.open()
        assert "maximum number of connections allowed : 3" in text_of(error)
        assert lab.stats()["live"] == 3


def test_foreign_shells_take_room(lab):
    lab.order("foreign", admin="kenmyer", open=3)
    with pytest.raises(WSManFaultError):
        lab.open()
    lab.order("foreign", close="all")
    lab.open().close()


def until(condition, seconds=10):
    """Waits for what the lab only tells whoever asks."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        # pypsrp's state and the lab's figures send no event.
        time.sleep(0.02)


# Idle limit.


def test_a_shell_that_nobody_uses_is_gone(lab):
    pool = lab.open()
    lab.order("advance", by="14m")
    assert run(pool, ("Get-CsTenant",))[1].state == PSInvocationState.COMPLETED
    lab.order("advance", by="15m")
    assert lab.stats()["live"] == 0 and lab.stats()["reaped"] == 1
    with pytest.raises(WSManFaultError) as error:
        run(pool, ("Get-CsTenant",))
    assert error.value.code == 2150858843


# Who may come in.


def test_discovery_leads_to_the_endpoint_and_the_token_opens_it(lab):
    accept = {"Accept": "application/vnd.microsoft.rtc.autodiscover+xml;v=1"}

    def links(url):
        status, headers, body = lab.get(url, headers=accept)
        assert status == 200 and headers.get_content_type() == "application/vnd.microsoft.rtc.autodiscover+xml"
        return {link.attrib["token"]: link.attrib["href"] for link in ElementTree.fromstring(body).iter("Link")}

    first = links(lab.line["discovery"])
    assert list(first) == ["Redirect"] and first["Redirect"].startswith("https://")
    domain = links(first["Redirect"])["Domain"]
    endpoint = links(domain)["External/RemotePowerShell"].replace("LiveId", "OAuth")
    assert endpoint == lab.line["endpoint"]
    status, headers, _ = lab.get(endpoint)
    challenges = headers.get_all("WWW-Authenticate")
    assert status == 401 and challenges[0].startswith('Bearer client_id="') and challenges[1].startswith("Basic ")
    assert f'authorization_uri="{lab.line["token"].replace("token", "authorize")}"' in challenges[0]
    status, answer = lab.token()
    assert status == 200 and answer["expires_in"] == "3599"
    path = "OcsPowershellOAuth?AdminDomain=litwareinc.com"
    pool = RunspacePool(lab.wsman("oauth", answer["access_token"], path=path))
    pool.open()
    assert lab.stats()["shells"][0]["owner"] == KEN
    pool.close()
    # Under one's own name, as Exchange has it.
    pool = RunspacePool(lab.wsman(KEN, "Bearer " + answer["access_token"], path=path))
    pool.open()
    pool.close()
    with pytest.raises(WSManFaultError, match="does not have permission to manage this tenant"):
        RunspacePool(lab.wsman("oauth", answer["access_token"], path="OcsPowershellOAuth?AdminDomain=x.com")).open()


def test_wrong_words_open_nothing(lab):
    status, answer = lab.token(password="wrong")
    assert status == 400 and answer["error"] == "invalid_grant" and "AADSTS50126" in answer["error_description"]
    for user, password, path in [(KEN, "wrong", "wsman"), ("oauth", "none", "wsman"), (KEN, "secret", "OcsPowershellOAuth")]:
        with pytest.raises(AuthenticationError):
            RunspacePool(lab.wsman(user, password, path=path)).open()
    _, answer = lab.token()
    lab.order("expire")
    with pytest.raises(AuthenticationError):
        RunspacePool(lab.wsman("oauth", answer["access_token"], path="OcsPowershellOAuth")).open()


def test_discovery_goes_wrong_on_request(lab):
    def body(path):
        origin = lab.line["endpoint"].rsplit("/", 1)[0]
        return lab.get(f"{origin}/Autodiscover/AutodiscoverService.svc/{path}")

    lab.order("set", discovery="loop")
    assert b'token="Redirect"' in body("root")[2]
    lab.order("set", discovery="other-host")
    assert b"fabrikam.example" in body("root")[2]
    lab.order("set", discovery="http-link")
    assert b'href="http://' in body("root/domain")[2]
    lab.order("set", discovery="no-link")
    assert b"PowerShell" not in body("root/domain")[2]
    lab.order("set", discovery="not-found")
    assert body("root")[0] == 404
    lab.order("set", discovery="html")
    assert b"<html" in lab.get(lab.line["discovery"])[2]
    lab.order("set", discovery="none", discovery_target="https://elsewhere.example/")
    assert b'href="https://elsewhere.example/"' in lab.get(lab.line["discovery"])[2]
    lab.order("set", authority="https://login.elsewhere.example/authorize")
    assert "login.elsewhere.example" in lab.get(lab.line["endpoint"])[1]["WWW-Authenticate"]
    assert not lab.order("set", discovery="maybe")["ok"] and not lab.order("set", what="1")["ok"]


# What goes wrong on request.


def post(lab, connection, body, user=KEN, password="secret"):
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {word}", "Content-Type": "application/soap+xml;charset=UTF-8"}
    connection.request("POST", "/wsman", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def envelope(lab, pool, action, content=None):
    """A request about the pool's shell with the header that pypsrp writes."""
    selectors = SelectorSet()
    selectors.add_option("ShellId", pool.id)
    _, header = lab.wsman()._create_header(action, RESOURCE, None, selectors, None)
    whole = ElementTree.Element("{http://www.w3.org/2003/05/soap-envelope}Envelope")
    whole.append(header)
    body = ElementTree.SubElement(whole, "{http://www.w3.org/2003/05/soap-envelope}Body")
    if content is not None:
        body.append(content)
    return ElementTree.tostring(whole)


def test_an_answer_is_lost_on_a_connection_that_is_used_again(lab):
    pool = lab.open()
    connection = http.client.HTTPSConnection("localhost", lab.port, context=lab.tls, timeout=10)
    get = envelope(lab, pool, WSManAction.GET)
    lab.trouble("Get", "lose", reused="true")
    assert post(lab, connection, get)[0] == 200
    before = lab.stats()["operations"]["Get"]
    with pytest.raises(http.client.RemoteDisconnected):
        post(lab, connection, get)
    assert lab.stats()["operations"]["Get"] == before + 1
    pool.close()


def test_troubles_come_once_and_do_what_they_say(lab):
    pool = lab.open()
    get = envelope(lab, pool, WSManAction.GET)

    def ask():
        connection = http.client.HTTPSConnection("localhost", lab.port, context=lab.tls, timeout=5)
        try:
            return post(lab, connection, get)
        finally:
            connection.close()

    gone = (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError, OSError)
    for order in ({"do": "cut"}, {"do": "truncate", "after": 30}):
        lab.trouble("Get", **order)
        with pytest.raises(gone):
            ask()
    for on in ("connection", "request"):
        lab.trouble(on, "cut")
        with pytest.raises(gone):
            ask()
    lab.trouble("Get", "html")
    assert b"<html" in ask()[1]
    lab.trouble("Get", "malformed")
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(ask()[1])
    lab.trouble("Get", "status", status=503)
    assert ask() == (503, b"")
    lab.trouble("Get", "fault", code=5, subcode="w:AccessDenied", text="Access is denied.")
    status, body = ask()
    assert status == 500 and b'Code="5"' in body and b"Access is denied." in body
    lab.trouble("Get", "delay", by="500ms")
    began = time.monotonic()
    assert ask()[0] == 200 and time.monotonic() - began > 0.45
    lab.trouble("Get", "endless")
    connection = http.client.HTTPSConnection("localhost", lab.port, context=lab.tls, timeout=5)
    word = base64.b64encode(f"{KEN}:secret".encode()).decode()
    connection.request("POST", "/wsman", get, {"Authorization": f"Basic {word}"})
    assert len(connection.getresponse().read(5_000_000)) == 5_000_000
    connection.close()
    lab.trouble("Get", "hang")
    with pytest.raises(TimeoutError):
        connection = http.client.HTTPSConnection("localhost", lab.port, context=lab.tls, timeout=0.5)
        post(lab, connection, get)
    assert ask()[0] == 200
    assert not lab.order("trouble", on="Tea", do="cut")["ok"]
    pool.close()


def test_a_lost_create_leaves_a_shell(lab):
    lab.trouble("Create", "lose")
    with pytest.raises(requests.exceptions.ConnectionError):
        lab.open()
    assert lab.stats()["live"] == 1
    lab.trouble("Create", "cut")
    with pytest.raises(requests.exceptions.ConnectionError):
        lab.open()
    assert lab.stats()["live"] == 1


def test_output_stays_when_its_receive_is_left(lab):
    with lab.open() as pool:
        pipeline = PowerShell(pool)
        pipeline.add_cmdlet("Start-LabSleep").add_parameter("Seconds", 2)
        pipeline.begin_invoke()
        # A Receive whose client goes while it waits, on a connection of its own.
        wanted = ElementTree.Element(f"{{{SHELL}}}Receive")
        ElementTree.SubElement(wanted, f"{{{SHELL}}}DesiredStream", CommandId=pipeline.id).text = "stdout"
        connection = http.client.HTTPSConnection("localhost", lab.port, context=lab.tls, timeout=0.3)
        with pytest.raises(TimeoutError):
            post(lab, connection, envelope(lab, pool, WSManAction.RECEIVE, wanted))
        connection.close()
        until(lambda: lab.stats()["receivesWaiting"] == 0)
        assert pipeline.end_invoke() == ["slept 1 s", "slept 2 s", "slept"]


def test_down_and_up(lab):
    pool = lab.open()
    lab.order("down")
    with pytest.raises((requests.exceptions.ConnectionError, ConnectionError)):
        lab.open()
    assert lab.stats()["live"] == 1
    assert lab.order("up")["ok"]
    assert run(pool, ("Get-CsTenant",))[1].state == PSInvocationState.COMPLETED
    pool.close()


def test_commands_that_are_not_terminated_are_refused():
    with Lab("--commands-per-shell", "2") as lab, lab.open() as pool:
        for _ in range(2):
            pipeline = PowerShell(pool)
            pipeline.add_cmdlet("Start-LabSleep").add_parameter("Seconds", 30)
            pipeline.begin_invoke()
        with pytest.raises(WSManFaultError) as error:
            run(pool, ("Get-CsTenant",))
        assert error.value.code == 2150859241
