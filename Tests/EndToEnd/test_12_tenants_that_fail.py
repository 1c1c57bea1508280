"""Tenants that are full, slow, wrong or away: what people are told, and that the books stay right."""

import re
import time

import pytest

from events import eventually
from road import Proxy

SMALL = {"open_deadline": "3s"}


def opened(lab, *options):
    return lab.world.usher("open", "litware", "--detach", *options)


# Full.


def test_a_full_tenant_that_says_so_is_believed(lab):
    lab = lab().serve()
    lab.says_nothing()
    lab.order("foreign", admin="kenmyer", open=3)
    refused = opened(lab)
    assert refused.status == 75 and "maximum number of concurrent shells" in refused.errors
    assert lab.world.sessions() == []
    lab.order("foreign", admin="kenmyer", close="all")
    assert opened(lab).status == 0


def test_one_that_refuses_inside_the_shell_leaves_no_shell(lab):
    lab = lab("--over-limit", "after-create").serve()
    lab.says_nothing()
    lab.order("foreign", admin="kenmyer", open=3)
    refused = opened(lab)
    assert refused.status == 75 and "MaxConcurrency" in refused.errors
    eventually("the shell to be deleted", lambda: lab.stats()["deletes"] == 1 and lab.world.sessions() == [])


def test_one_that_hangs_keeps_nobody_waiting_and_what_it_makes_later_is_deleted(lab, figure):
    lab = lab("--over-limit", "hang", "--hang", "late").serve(broker=SMALL)
    lab.says_nothing()
    lab.order("foreign", admin="kenmyer", open=3)
    begun = time.monotonic()
    opening = lab.world.start_usher("open", "litware")
    lab.reaches("create")
    assert lab.world.usher("status").status == 0
    told = opening.result()
    assert told.status == 69 and "open_deadline" in told.errors
    assert time.monotonic() - begun < 10
    assert [session["state"] for session in lab.world.sessions()] == ["closing"]
    lab.order("foreign", admin="kenmyer", close="all")
    begun = time.monotonic()
    lab.settles_at(0)
    figure(f"a shell that a full tenant made late: deleted within {(time.monotonic() - begun) * 1000:.0f} ms")
    assert lab.stats()["creates"]["late"] == 1
    assert opened(lab).status == 0


def test_one_that_forgets_what_was_asked_costs_a_seat_until_it_must_have_forgotten(lab):
    lab = lab("--over-limit", "hang", "--hang", "drop").serve(broker=SMALL, tenant_idle="40s", idle_timeout="10s")
    lab.says_nothing()
    lab.order("foreign", admin="kenmyer", open=3)
    assert opened(lab).status == 69
    lab.order("foreign", admin="kenmyer", close="all")
    assert [opened(lab).status for _ in range(3)] == [0, 0, 75], "the third seat may still come into being"
    assert lab.stats()["live"] == 2


# Idle.


def test_our_own_idle_rule_closes_with_one_delete_and_cuts_no_pipeline(lab):
    lab = lab().serve(idle_timeout="1s")
    session = lab.world.open("litware")
    slow = lab.world.usher("run", session, "--", "Start-LabSleep", "-Seconds", "3")
    assert slow.status == 0
    lab.settles_at(0)
    assert lab.stats()["deletes"] == 1
    assert lab.world.session(session)["reason"] == "idleTimeout"
    old = lab.world.usher("run", session, "--", "Get-CsTenant")
    assert old.status == 79 and "idle" in old.errors


def test_a_tenant_that_ends_a_session_first_is_noticed(lab):
    lab = lab("--idle-timeout", "1s").serve()
    session = lab.world.open("litware")
    lab.settles_at(0)
    assert lab.world.session(session)["reason"] == "tenantClosed"
    assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 79
    assert lab.stats()["reaped"] == 1


# Wrong, or away. Each has its own words, and leaves no seat taken.


def test_a_wrong_password_is_tried_once(lab):
    lab = lab().serve()
    lab.secret("kenmyer", "wrong")
    refused = opened(lab)
    assert refused.status == 77 and "AADSTS50126" in refused.errors
    asked = lab.requests("token")
    again = opened(lab)
    assert again.status == 77 and lab.requests("token") == asked, "accounts get locked"
    lab.secret("kenmyer")
    assert opened(lab).status == 0, "another secret may be tried at once"


def test_basic_authentication_goes_straight_to_the_endpoint(lab):
    lab = lab().serve(basic=True)
    assert opened(lab).status == 0
    lab.secret("pilar", "wrong")
    assert opened(lab, "--as", "pilar").status == 77
    assert lab.requests("discovery") == lab.requests("token") == 0


def test_a_credential_that_is_nowhere_is_asked_for_and_given_by_login(lab):
    lab = lab().serve()
    lab.world.cleanups.callback(lambda: None)
    lab.configure(admins=("kenmyer",))
    text = lab.world.config.read_text().replace(', "credential": "litware-kenmyer"', "")
    lab.world.write_configuration(text)
    assert lab.world.usher("reload").status == 0
    missing = opened(lab)
    assert missing.status == 77 and "usher login litware" in missing.errors
    password = lab.facts["users"]["kenmyer@litwareinc.com"].encode()
    assert lab.world.usher("login", "litware", input=password + b"\n").status == 0
    assert opened(lab).status == 0
    for place in (lab.world.state, lab.world.daemon.log_path):
        assert password not in place.read_bytes(), place


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "oauth"])
def test_what_login_gives_counts_from_then_on_whatever_was_got_before(lab, basic):
    lab = lab().serve(basic=basic)
    usher, right = lab.world.usher, lab.facts["users"]["kenmyer@litwareinc.com"].encode() + b"\n"
    # The file's secret is not the one that the owner of a login acts with.
    lab.secret("kenmyer", "not-his")

    def login(secret):
        assert usher("login", "litware", input=secret).status == 0

    login(right)
    assert opened(lab).status == 0
    login(b"wrong\n")
    assert opened(lab).status == 77, "the new secret is tried, not what the old one had got"
    login(right)
    assert opened(lab).status == 0
    assert usher("login", "litware", "--forget").status == 0
    told = opened(lab)
    assert told.status == 77, "what was forgotten opens nothing"


@pytest.mark.parametrize("left", [{"name": "other"}, {"admins": ("pilar",)}], ids=["tenant", "account"])
def test_a_session_of_what_is_configured_no_more_is_ended_at_the_tenant(lab, left):
    lab = lab().serve()
    first, second = (opened(lab).output.strip() for _ in range(2))
    lab.configure(**left)
    assert lab.world.usher("reload").status == 0
    doctor = lab.world.usher("doctor")
    assert doctor.status == 1 and "kenmyer is configured no more" in doctor.output and first in doctor.output, doctor
    closed = lab.world.usher("close", first)
    assert closed.status == 0 and "not confirmed" not in closed.errors, closed
    assert lab.stats()["deletes"] == 1
    lab.configure()
    assert lab.world.usher("reload").status == 0
    assert lab.world.usher("run", second, "--", "Get-CsTenant").status == 0, "back again, and at the same tenant"


def test_doctor_says_of_a_tenant_that_is_away_that_it_is_a_problem(lab):
    lab = lab().serve(basic=True)
    assert lab.world.usher("doctor", "litware").status == 0
    lab.order("down")
    doctor = lab.world.usher("doctor", "litware")
    assert doctor.status == 1 and re.search("cannot be asked as .*kenmyer", doctor.output), doctor
    # A host, a port, and what is wrong there.
    assert str(lab.facts["basicEndpoint"].split(":")[2].split("/")[0]) in doctor.output, doctor
    told = opened(lab)
    assert told.status == 69 and "Failed to connect to" in told.errors and "usher doctor litware" in told.errors, told
    lab.order("up")
    doctor = lab.world.usher("doctor", "litware")
    assert doctor.status == 0, "what was kept of the connections of before does not count"
    lab.world.daemon.logged("a session could not be opened")


def test_a_tenant_that_is_away_frees_the_seat_at_once(lab):
    lab = lab().serve()
    lab.order("down")
    told = opened(lab)
    assert told.status == 69 and "connect" in told.errors
    assert lab.world.sessions() == []
    lab.order("up")
    assert opened(lab).status == 0


def test_the_way_to_a_tenant_leads_through_a_proxy(lab):
    lab = lab()
    proxy = Proxy(lab)
    lab.serve(proxy=f"http://{proxy.host}")
    assert opened(lab).status == 0
    # All of it: what is found by autodiscovery, the token, and the session itself.
    assert {method for method, _ in proxy.asked} == {"GET", "CONNECT"}
    assert ("CONNECT", lab.host) in proxy.asked and proxy.bytes > 10_000


def test_a_proxy_of_the_environment_is_used_unless_the_tenant_has_none(lab):
    lab = lab()
    proxy = Proxy(lab)
    lab.configure(basic=True)
    lab.world.start(environment={"https_proxy": f"http://{proxy.host}"})
    assert opened(lab).status == 0
    asked = len(proxy.asked)
    assert asked
    lab.configure(basic=True, proxy="none")
    assert lab.world.usher("reload").status == 0
    assert opened(lab).status == 0
    assert len(proxy.asked) == asked


def test_a_proxy_that_refuses_is_named_and_costs_no_seat(lab):
    lab = lab()
    proxy = Proxy(lab)
    proxy.refusal = 407
    lab.serve(basic=True, proxy=f"http://{proxy.host}")
    told = opened(lab)
    assert told.status == 69 and f"the proxy http://{proxy.host} answers 407" in told.errors
    assert lab.world.sessions() == []
    proxy.refusal = None
    assert opened(lab).status == 0


def test_a_certificate_of_somebody_else_is_not_believed(lab):
    lab = lab()
    lab.serve(ca_file="/etc/ssl/certs/ca-certificates.crt")
    told = opened(lab)
    assert told.status == 69 and "secure" in told.errors
    assert lab.requests("token") == lab.requests("create") == 0 and lab.world.sessions() == []


@pytest.mark.parametrize(
    ("settings", "order", "words"),
    [
        ({"redirect_hosts": ["online.lync.com"]}, {}, "redirect_hosts"),
        ({"token_hosts": ["login.windows.net"]}, {}, "token_hosts"),
        ({}, {"authority": "http://localhost/common/oauth2/authorize"}, "not https"),
        ({}, {"authority": "https://evil.example/common/oauth2/authorize"}, "token_hosts"),
        ({}, {"discovery_target": "https://evil.example/root"}, "redirect_hosts"),
        ({}, {"discovery": "loop"}, "leads back"),
        ({}, {"discovery": "other-host"}, "redirect_hosts"),
        ({}, {"discovery": "not-found"}, "404"),
        ({}, {"discovery": "html"}, "HTML"),
        ({}, {"discovery": "no-link"}, "RemotePowerShell"),
        ({}, {"discovery": "http-link"}, "not https"),
    ],
)
def test_who_is_not_on_the_lists_gets_no_password(lab, settings, order, words):
    lab = lab().serve(**settings)
    if order:
        lab.order("set", **order)
    told = opened(lab)
    assert told.status == 69 and words in told.errors, told
    assert lab.requests("token") == lab.requests("create") == 0
    assert lab.world.sessions() == []


@pytest.mark.parametrize(
    ("on", "do", "words", "status"),
    [
        ("discovery", {"do": "endless"}, "longer than", 69),
        ("discovery", {"do": "html"}, "HTML", 69),
        ("challenge", {"do": "html"}, "401", 69),
        ("token", {"do": "html"}, "no token", 69),
        ("token", {"do": "cut"}, "did not answer", 69),
        ("Create", {"do": "html"}, "HTML", 69),
        ("Create", {"do": "malformed"}, "XML", 69),
        ("Create", {"do": "endless"}, "longer than", 69),
        ("Create", {"do": "cut"}, "connection broke", 69),
        ("Create", {"do": "lose"}, "connection broke", 69),
        ("Create", {"do": "status", "status": 503}, "503", 75),
        ("Create", {"do": "fault", "code": 5, "subcode": "w:AccessDenied", "text": "Access is denied"}, "denied", 77),
        ("PoolReceive", {"do": "malformed"}, "XML", 69),
        ("PoolReceive", {"do": "truncate", "after": 600}, "remaining to read", 69),
    ],
)
def test_what_goes_wrong_while_opening_is_named_and_costs_no_seat(lab, on, do, words, status):
    lab = lab().serve(broker={"open_deadline": "10s"})
    lab.trouble(on, **do)
    told = opened(lab)
    assert told.status == status and words in told.errors, told
    # At once, or as soon as the tenant can say that there is nothing: nobody knows what becomes of a Create without an answer.
    lab.settles_at(0, within=45 if do["do"] != "fault" and on == "Create" else 5)
    assert opened(lab).status == 0


def test_output_that_is_cut_in_the_middle_of_a_record_is_not_guessed_at(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.trouble("CommandReceive", "truncate", after=2000)
    told = lab.world.usher("run", session, "--format", "jsonl", "--", "Get-LabObject", "-Count", "100")
    assert told.status == 69 and "may have run" in told.errors
    lab.settles_at(0)


@pytest.mark.parametrize("reused", [True, False])
def test_a_command_whose_answer_is_lost_ran_once(lab, reused):
    lab = lab().serve()
    session = lab.world.open("litware")
    assert lab.world.usher("run", session, "--", "Get-CsTenant").status == 0
    words = {"reused": "true"} if reused else {}
    lab.trouble("Command", "lose", **words)
    told = lab.world.usher("run", session, "--", "Set-LabMark", "-Identity", "room", "-Token", "t1")
    assert told.status == 69 and "may have run" in told.errors
    marks = [mark for mark in lab.stats()["executions"] if mark["cmdlet"] == "Set-LabMark"]
    assert [mark["count"] for mark in marks] == [1]
    lab.settles_at(0)


def test_a_receive_that_broke_before_its_answer_loses_nothing(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.trouble("CommandReceive", "cut", times=2)
    rows = lab.world.usher("run", session, "--format", "jsonl", "--", "Get-LabObject", "-Count", "50")
    assert rows.status == 0 and len(rows.output.splitlines()) == 50


def test_a_token_that_ran_out_is_renewed(lab):
    lab = lab().serve()
    session = lab.world.open("litware")
    lab.order("expire")
    assert opened(lab, "--as", "kenmyer").status == 0
    assert lab.world.usher("close", session).status == 0
