"""How a tenant is told who we are: tokens of every kind, got anew while sessions stay, and never asked for in vain again and
again."""

import re
import urllib.parse

import pytest

from events import eventually


def runs(lab, *words, **more):
    told = lab.world.usher("run", "litware", "--verbose", "--", *(words or ("Get-LabRunspace",)), **more)
    assert told.status == 0, told
    return told


def shells(lab):
    return [shell["id"] for shell in lab.stats()["shells"]]


# A token that runs out.


def test_a_token_that_ends_early_costs_nobody_his_session(litware):
    session = litware.world.open("litware")
    before = shells(litware)
    runs(litware)
    litware.order("expire")
    assert session in runs(litware).errors
    tokens = litware.stats()["tokens"]
    assert shells(litware) == before and tokens["refreshed"] == 1 and tokens["refused"] == 0


def test_a_create_that_is_refused_for_its_token_makes_one_shell_with_another(litware):
    litware.trouble("create", "status", status=401)
    litware.world.open("litware")
    assert litware.stats()["tokens"]["refreshed"] == 1 and litware.requests("create") == 2
    litware.settles_at(1)


def test_a_token_that_ends_under_a_pipeline_costs_none_of_its_output(lab):
    lab = lab("--token-lifetime", "3s").serve()
    told = runs(lab, "Start-LabSleep", "-Seconds", "8")
    assert "slept" in told.output and len(shells(lab)) <= 1 and lab.stats()["tokens"]["issued"] > 1


def test_a_token_authority_that_is_down_costs_a_command_and_no_session(litware):
    session = litware.world.open("litware")
    before = shells(litware)
    litware.order("expire")
    litware.trouble("token", "status", status=503, times="every")
    told = litware.world.usher("run", session, "--", "Get-LabRunspace")
    assert told.status == 69 and "503" in told.errors
    # The poll that is out ends after 20 s by the lab's clock; the next one has no token either, and that ends nothing.
    litware.order("advance", by="21s")
    litware.reaches("token", litware.requests("token") + 1)
    litware.order("clear")
    runs(litware)
    assert shells(litware) == before and [held["session"] for held in litware.world.sessions()] == [session]


def test_a_token_is_renewed_before_it_ends(lab):
    lab = lab("--token-lifetime", "60s").serve()
    lab.world.open("litware")
    runs(lab)
    lab.order("advance", by="61s")
    runs(lab)
    assert lab.stats()["tokens"]["refused"] == 0 and len(shells(lab)) == 1


def test_where_it_cannot_be_renewed_the_password_gets_another(litware):
    litware.world.open("litware")
    before = shells(litware)
    litware.order("expire", refresh="true")
    runs(litware)
    tokens = litware.stats()["tokens"]
    assert shells(litware) == before and (tokens["refreshed"], tokens["refused"]) == (0, 1)


def test_an_end_gets_a_token_too(litware):
    session = litware.world.open("litware")
    litware.order("expire")
    assert litware.world.usher("close", session).status == 0
    assert litware.stats()["live"] == 0


def test_a_command_is_sent_twice_at_most_and_run_once(litware):
    litware.world.open("litware")
    litware.order("expire")
    runs(litware, "Set-LabMark", "-Identity", "once", "-Token", "t1")
    assert [item["count"] for item in litware.stats()["executions"]] == [1]
    litware.trouble("Command", "status", status=401, times="every")
    told = litware.world.usher("run", "litware", "--", "Set-LabMark", "-Identity", "never", "-Token", "t2")
    assert told.status in (69, 77) and litware.stats()["operations"]["Command"] <= 5, told


# Kinds of tokens.


@pytest.mark.parametrize("form", ["lync", "exchange", "bearer"])
def test_the_token_comes_in_the_form_that_the_service_wants(lab, form):
    runs(lab().serve(token_as=form))


def test_an_application_acts_for_an_account(lab):
    lab = lab()
    lab.serve(grant="client_credentials", client_id="kenmyer@litwareinc.com", admins=["kenmyer"])
    assert "kenmyer" in runs(lab).output


def test_an_authority_may_be_named(lab):
    lab = lab()
    lab.serve(token_endpoint=lab.facts["token"])
    runs(lab)
    assert lab.requests("challenge") == 0


def test_a_named_authority_has_to_be_trusted_all_the_same(lab):
    lab = lab()
    lab.serve(token_endpoint=lab.facts["token"], token_hosts=["login.microsoftonline.com"])
    told = lab.world.usher("run", "litware", "--", "Get-CsTenant")
    assert told.status == 69 and "is not one of token_hosts" in told.errors
    assert lab.requests("token") == 0


# Signing in elsewhere.


def signing_in(lab):
    command = lab.world.start_usher("login", "litware", "--as", "kenmyer", "--device-code")
    line = command.process.stderr.readline()
    line = line.decode() if isinstance(line, bytes) else line
    found = re.search(r"open (\S+) and type the code (\S+?)\. It is good for 15m", line)
    assert found, line
    return command, found.group(1), found.group(2)


@pytest.fixture
def secretless(lab):
    lab = lab()
    lab.serve(admins=["kenmyer"])
    (lab.directory / "credentials" / "litware-kenmyer").unlink()
    return lab


def test_somebody_signs_in_with_a_code_and_works_from_then_on(secretless):
    lab = secretless
    assert lab.world.usher("open", "litware").status == 77
    command, address, code = signing_in(lab)
    assert urllib.parse.urlparse(address).scheme == "https"
    lab.order("approve", admin="kenmyer", code=code)
    assert command.result(within=20).status == 0
    assert "kenmyer" in runs(lab).output
    session = lab.world.open("litware")
    for _ in range(2):
        lab.order("expire")
        assert session in runs(lab).errors
    assert lab.stats()["tokens"]["refused"] == 0


def test_what_was_called_back_is_not_tried_again_and_again(secretless):
    lab = secretless
    command, _, code = signing_in(lab)
    lab.order("approve", admin="kenmyer", code=code)
    assert command.result(within=20).status == 0
    lab.order("expire", refresh="true")
    for _ in range(4):
        told = lab.world.usher("open", "litware")
        assert told.status == 77, told
    assert lab.stats()["tokens"]["refused"] == 1
    # A new one lifts that.
    command, _, code = signing_in(lab)
    lab.order("approve", admin="kenmyer", code=code)
    assert command.result(within=20).status == 0 and lab.world.usher("open", "litware", "--detach").status == 0


def test_who_leaves_is_not_signed_in(secretless):
    lab = secretless
    command, _, code = signing_in(lab)
    command.interrupt()
    assert command.result().status == 130
    asked = lab.requests("token")
    lab.order("approve", admin="kenmyer", code=code)
    assert lab.world.usher("open", "litware").status == 77
    assert lab.requests("token") - asked <= 1


def test_a_wrong_password_is_left_alone_after_the_first_time(litware):
    litware.secret("kenmyer", "wrong")
    for _ in range(5):
        assert litware.world.usher("open", "litware", "--as", "kenmyer").status == 77
    assert litware.stats()["tokens"]["refused"] == 1


def test_no_token_is_kept_or_said(secretless):
    lab = secretless
    command, _, code = signing_in(lab)
    lab.order("approve", admin="kenmyer", code=code)
    assert command.result(within=20).status == 0
    runs(lab)
    kept = b"".join(path.read_bytes() for path in lab.world.directory.rglob("*") if path.is_file())
    assert b"eyJ0eXAi" not in kept and b"refresh_token" not in kept and "eyJ0eXAi" not in lab.world.daemon.log
