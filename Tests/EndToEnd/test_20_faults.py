"""Every fault a tenant may answer with: from the envelope to the sentence on the screen and the exit status."""

import pytest

from events import eventually
from road import Road

OPENING = [
    # code, subcode, text, exit status, words on the screen
    (2150859173, "w:QuotaLimit", "This user is allowed a maximum number of 2 concurrent shells", 75, "takes no more sessions of kenmyer"),
    (2150859173, "w:QuotaLimit", "maximum number of concurrent shells for this tenant has been exceeded", 75, "takes no more sessions"),
    (2150859236, "w:QuotaLimit", "The maximum number of shells of this plug-in", 75, "takes no more sessions"),
    (2150859179, "w:QuotaLimit", "The maximum number of users", 75, "takes no more sessions"),
    (2150859237, "w:QuotaLimit", "Too many users", 75, "takes no more sessions"),
    (2150859238, "w:QuotaLimit", "The endpoint is full", 75, "takes no more sessions"),
    (2150859176, "w:QuotaLimit", "The system load quota of 1000 requests per 2 seconds has been exceeded.", 75, "holds the account back"),
    (2150858815, "w:QuotaLimit", "A quota was exceeded", 75, "takes no more sessions"),
    (0, "w:QuotaLimit", "exceeded the maximum number of connections allowed : 3 for the policy party : MaxConcurrency", 75, "takes no more sessions"),
    (2150859174, "w:QuotaLimit", "maximum number of concurrent operations", 75, "too many requests under way"),
    (2150859175, "w:QuotaLimit", "Too many requests", 75, "holds the account back"),
    (5, "w:AccessDenied", "Access is denied.", 77, "does not let kenmyer do that"),
    (1314, "w:AccessDenied", "A required privilege is not held", 77, "does not let kenmyer do that"),
    (2150858909, "w:AccessDenied", "Unmapped", 77, "does not let kenmyer do that"),
    (5, "w:AccessDenied", "The user does not have permission to manage this tenant.", 77, "has no role there"),
    (2150859180, "w:AccessDenied", "Remote shells are disabled", 77, "switched off"),
    (5, "w:AccessDenied", "connect to this tenant by using a remote PowerShell session has been disabled", 77, "switched off"),
    (1326, "w:AccessDenied", "Logon failure: unknown user name or bad password.", 77, "refused the credential of kenmyer"),
    (2150858811, "a:DestinationUnreachable", "The resource URI was not found", 69, "configuration_name"),
    (2150858752, "w:InvalidResourceURI", "no such resource", 69, "configuration_name"),
    (2150858817, "w:SchemaValidationError", "The body does not fit", 69, "mistake of Usher's"),
    (2150858767, "a:InvalidMessageInformationHeader", "A header is malformed", 69, "mistake of Usher's"),
    (2150858755, "w:InternalError", "The plug-in failed", 69, "Something broke on its side"),
    (2147942402, "w:InternalError", "The system cannot find the file specified.", 69, "Something broke on its side"),
    (2150858790, "w:EncodingLimit", "The envelope is too large", 69, "larger than one side takes"),
    (4711, "w:SomethingElse", "Nobody knows this one.", 69, "Nobody knows this one."),
]


@pytest.mark.parametrize("code, subcode, text, status, words", OPENING, ids=[f"{row[0]}-{row[3]}-{n}" for n, row in enumerate(OPENING)])
def test_a_fault_to_create_is_told(litware, code, subcode, text, status, words):
    litware.trouble("Create", "fault", code=code, subcode=subcode, text=text, times="every")
    told = litware.world.usher("open", "litware", "--as", "kenmyer", within=60)
    shown = " ".join(told.errors.split())
    assert told.status == status and words in shown, told
    assert text.split(":")[0][:30] in shown or "credential" in shown, told
    assert told.errors.startswith("Error: ")


RUNNING = [
    (5, "w:AccessDenied", "Access is denied.", 77, "does not let kenmyer do that"),
    (2150859174, "w:QuotaLimit", "maximum number of concurrent operations", 75, "too busy"),
    (2150859175, "w:QuotaLimit", "Too many requests", 75, "too busy"),
    (2150858843, "w:InvalidSelectors", "shell was not found on the server", 79, "has ended"),
    (2150859241, "w:QuotaLimit", "concurrent commands per shell", 69, "as many commands"),
    (2150858755, "w:InternalError", "The plug-in failed", 69, "broke on its side"),
    (4711, "w:SomethingElse", "Nobody knows this one.", 69, "Nobody knows this one."),
]


@pytest.mark.parametrize("code, subcode, text, status, words", RUNNING, ids=[str(row[0]) for row in RUNNING])
def test_a_fault_to_a_command_is_told(litware, code, subcode, text, status, words):
    session = litware.world.open("litware")
    litware.trouble("Command", "fault", code=code, subcode=subcode, text=text)
    told = litware.world.usher("run", session, "--", "Set-LabMark", "-Identity", "x")
    assert told.status == status and words in " ".join(told.errors.split()), told
    assert litware.stats()["executions"] == []


@pytest.mark.parametrize(
    "status, exit_status, words",
    [(403, 77, "does not let"), (404, 69, "404"), (413, 69, "413"), (429, 75, "too busy"), (500, 69, "500"), (503, 75, "too busy")],
)
def test_a_status_without_an_envelope_is_told(litware, status, exit_status, words):
    litware.trouble("Create", "status", status=status, times="every")
    told = litware.world.usher("open", "litware", "--as", "kenmyer", within=60)
    assert told.status == exit_status and words in told.errors, told


def test_a_poll_that_times_out_is_no_fault(litware):
    litware.trouble("Receive", "fault", code=2150858793, subcode="w:TimedOut", text="OperationTimeout", times=3)
    told = litware.world.usher("run", "litware", "--", "Get-CsTenant")
    assert told.status == 0, told


def test_a_shell_that_went_under_its_pipeline_is_told(litware):
    session = litware.world.open("litware")
    command = litware.world.start_usher("run", session, "--", "Start-LabSleep", "30")
    eventually("the poll of the command", lambda: litware.stats()["operations"].get("CommandReceive"))
    litware.order("reap", shell=litware.stats()["shells"][0]["id"])
    told = command.result(within=30)
    assert told.status in (69, 79) and ("may have run" in told.errors or "has ended" in told.errors), told


def test_exchange_refuses_after_it_has_made_the_shell(lab):
    lab = lab("--over-limit", "after-create", "--sessions-per-admin", "1").serve()
    lab.order("foreign", admin="kenmyer", open=1)
    lab.says_nothing()
    told = lab.world.usher("open", "litware", "--as", "kenmyer", within=60)
    assert told.status == 75 and "takes no more sessions of kenmyer" in told.errors, told
    assert "MaxConcurrency" in told.errors


def test_a_service_that_holds_back_says_so_in_a_warning(lab):
    told = lab("--throttle", "on").serve().world.usher("run", "litware", "--", "Get-CsTenant")
    assert told.status == 0 and "WARNING: Micro delay applied. Actual delayed: 21956 msecs" in told.errors, told


# Roads that lead elsewhere, and answers in other clothes.


def elsewhere(lab, host="localhost"):
    return lab.facts["endpoint"].replace("localhost", host)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_create_is_followed_to_where_it_may_lead(lab, status):
    lab = lab()
    port = lab.host.split(":")[1]
    lab.serve(redirect_hosts=[lab.host, f"127.0.0.1:{port}"])
    lab.trouble("Create", "redirect", status=status, to=elsewhere(lab, "127.0.0.1"))
    told = lab.world.usher("run", "litware", "--", "Get-CsTenant")
    assert told.status == 0, told
    assert lab.stats()["creates"]["answered"] == 1 and lab.requests("create") == 2
    session = lab.world.open("litware")
    assert lab.world.usher("close", session).status == 0 and lab.stats()["live"] == 0


def test_a_shell_is_taken_up_where_it_was_made(lab):
    """Also by the next life of usherd, when the account's other sessions are elsewhere: another host would not know it."""
    lab = lab()
    road = Road(lab)
    lab.serve(redirect_hosts=[lab.host, road.host])
    here = lab.world.open("litware", "--as", "kenmyer")
    lab.trouble("Create", "redirect", to=lab.facts["endpoint"].replace(lab.host, road.host))
    there = lab.world.open("litware", "--as", "kenmyer")
    assert road.bytes > 0
    lab.world.restart()
    for session in (here, there):
        before = road.bytes
        assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0
        assert (road.bytes > before) == (session == there), session
    # With the road closed nobody knows whether the shell is there, so it keeps its seat.
    lab.world.daemon.kill()
    road.close()
    lab.world.start()
    assert lab.world.usher("run", here, "--", "Get-CsTenant").status == 0
    assert lab.world.usher("run", there, "--", "Get-CsTenant").status == 69
    assert {session["session"] for session in lab.world.sessions()} == {here, there}


def test_a_fault_may_lead_elsewhere_too(litware):
    text = f"The request was redirected to the following URI: {elsewhere(litware)}"
    litware.trouble("Create", "fault", code=2150859161, subcode="w:Redirected", text=text)
    assert litware.world.usher("run", "litware", "--", "Get-CsTenant").status == 0


@pytest.mark.parametrize(
    "target, words",
    [
        ("https://evil.example/powershell", "is not one of redirect_hosts"),
        ("http://localhost/powershell", "not https"),
        ("nonsense", "no address"),
    ],
)
def test_no_secret_follows_where_it_may_not(litware, target, words):
    litware.trouble("Create", "redirect", to=target, times="every")
    told = litware.world.usher("open", "litware", "--as", "kenmyer")
    assert told.status == 69 and words in told.errors, told
    assert litware.world.sessions() == []


def test_a_circle_is_left(litware):
    litware.trouble("Create", "redirect", to=elsewhere(litware), times="every")
    told = litware.world.usher("open", "litware", "--as", "kenmyer")
    assert told.status == 69 and "led on 5 times" in told.errors, told
    assert litware.requests("create") == 6


@pytest.mark.parametrize("habit", ["--gzip", "--affinity", "--server-ids"])
def test_services_have_habits(lab, habit):
    lab = lab(habit, "on").serve()
    told = lab.world.usher("run", "litware", "--format", "jsonl", "--", "Get-LabObject", "-Count", "500")
    assert told.status == 0 and told.output.count("\n") == 500, told
    lab.settles_at(0)


# A tenant that disconnects.


def disconnect(lab):
    lab.order("disconnect", shell=lab.stats()["shells"][0]["id"])


def test_a_session_that_the_tenant_disconnected_is_taken_up_again(litware):
    session = litware.world.open("litware")
    for _ in range(5):
        disconnect(litware)
        told = litware.world.usher("run", session, "--", "Get-CsTenant")
        assert told.status == 0, told
    assert litware.stats()["operations"]["Reconnect"] >= 5 and litware.stats()["creates"]["answered"] == 1


def test_a_pipeline_goes_on_when_its_session_was_disconnected(litware):
    session = litware.world.open("litware")
    command = litware.world.start_usher("run", session, "--", "Start-LabSleep", "2")
    eventually("the poll of the command", lambda: litware.stats()["operations"].get("CommandReceive"))
    disconnect(litware)
    told = command.result(within=30)
    assert told.status == 0 and told.output.splitlines()[-1] == "slept", told


def test_a_session_of_before_a_restart_is_taken_up_where_it_was_disconnected(litware):
    session = litware.world.open("litware")
    litware.world.daemon.kill()
    disconnect(litware)
    litware.world.start()
    told = litware.world.usher("run", session, "--", "Set-LabMark", "-Identity", "x", "-Token", "t")
    assert told.status == 0 and [item["count"] for item in litware.stats()["executions"]] == [1], told
