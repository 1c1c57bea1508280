"""Sessions over the real protocols: who gets one, what runs in it, and that nothing is left at the tenant."""

import os
import pty
import statistics
import subprocess
import textwrap
import time

import pytest

from events import eventually

ROUNDS = int(os.environ.get("USHER_ROUNDS_OF_DEATHS", "50"))
# The contract's two seconds, and what a busy machine adds.
SOON = 2 if os.environ.get("USHER_STRICT") else 5


def open_many(world, count, admins):
    opening = [world.start_usher("open", "litware", "--detach", "--as", admins[i % len(admins)]) for i in range(count)]
    return [command.result(within=60).status for command in opening]


# Quotas: the broker's own, so that the tenant never has to refuse.


def test_two_hundred_opens_at_once_never_make_more_than_the_books_allow(lab):
    lab = lab("--sessions-per-admin", "1000", "--sessions-per-organization", "1000").serve()
    statuses = open_many(lab.world, 200, ("kenmyer", "pilar", "dana", "priya"))
    assert sorted(set(statuses)) == [0, 75] and statuses.count(0) == 9
    peak = lab.stats()["peak"]
    assert peak["tenant"] == 9 and max(peak["admins"].values()) == 3


def test_one_account_gets_three(lab):
    lab = lab("--sessions-per-admin", "1000", "--sessions-per-organization", "1000").serve()
    assert open_many(lab.world, 40, ("dana",)).count(0) == 3
    assert lab.stats()["peak"]["admins"] == {"dana@litwareinc.com": 3}


def test_with_the_tenants_own_limits_it_refuses_nothing(litware):
    assert open_many(litware.world, 60, ("kenmyer", "pilar", "dana", "priya")).count(0) == 9
    creates = litware.stats()["creates"]
    assert (creates["received"], creates["refused"], creates["hanging"]) == (9, 0, 0)


def test_the_fourth_is_refused_at_once_and_the_tenant_never_hears_of_it(litware, figure):
    for _ in range(3):
        litware.world.open("litware")
    eventually("the polls to be waiting", lambda: litware.stats()["receivesWaiting"] == 3)
    before, times = litware.stats()["requests"], []
    for _ in range(20):
        begun = time.monotonic()
        refused = litware.world.usher("open", "litware")
        times.append(time.monotonic() - begun)
        assert refused.status == 75 and "kenmyer holds 3 of 3 sessions on litware (sessions_per_admin)" in refused.errors
    assert litware.stats()["requests"] == before
    figure(f"a refused fourth: {statistics.median(times) * 1000:.0f} ms, the whole process")
    assert statistics.median(times) < 0.1


def test_open_tells_its_steps(litware):
    told = litware.world.usher("open", "litware", "--as", "kenmyer", "--verbose")
    assert told.status == 0, told
    for words in ("AdminDomain = litwareinc.com", "TargetUri = https://", "OcsPowershell", "token", "session"):
        assert words in told.errors, told
    assert told.output.strip().startswith("s")


# What runs.


def test_objects_come_as_people_and_programs_want_them(litware):
    world = litware.world
    world.open("litware")
    people = world.usher("run", "litware", "--", "Get-CsOnlineUser", "-ResultSize", "3")
    assert people.status == 0 and people.output.count("DisplayName ") == 3
    pipeline = ("Get-CsOnlineUser", "-ResultSize", "2", "|", "Select-Object", "DisplayName,SipAddress")
    listed = world.usher("run", "litware", "--format", "json", "--", *pipeline).json
    assert [list(item) for item in listed["items"]] == [["DisplayName", "SipAddress"]] * 2
    filtered = subprocess.run(
        ["jq", "-r", ".DisplayName"],
        input=world.usher("run", "litware", "--format", "jsonl", "--", *pipeline).output,
        capture_output=True,
        text=True,
    )
    assert filtered.stdout.split("\n")[:2] == [item["DisplayName"] for item in listed["items"]]


def test_errors_are_told_as_powershell_tells_them(litware):
    world = litware.world
    world.open("litware")
    wrong = world.usher("run", "litware", "--", "Test-LabError")
    assert wrong.status == 1 and "CategoryInfo" in wrong.errors and "FullyQualifiedErrorId" in wrong.errors
    unknown = world.usher("run", "litware", "--", "Get-Nothing")
    assert unknown.status == 1 and "The term 'Get-Nothing' is not recognized as the name of a cmdlet" in unknown.errors
    script = world.usher("run", "litware", "--script", "Get-CsTenant")
    assert script.status == 1 and "usher run litware -- " in script.errors
    streams = world.usher("run", "litware", "--", "Write-LabStreams")
    for mark in ("WARNING: ", "VERBOSE: ", "DEBUG: "):
        assert mark in streams.errors and mark not in streams.output


def test_script_text_runs_where_the_endpoint_has_a_language(lab):
    world = lab("--language", "full").serve().world
    world.open("litware")
    assert world.usher("run", "litware", "--script", "$x = 'kept'").status == 0
    assert world.usher("run", "litware", "--script", "$x").output == "kept\n"


def test_run_takes_the_idle_session_used_last_and_else_a_new_one(litware):
    world = litware.world
    script = "usher run litware --format json --verbose -- Get-LabRunspace"
    assert world.shell(script).status == 0
    litware.settles_at(0)
    first, second = world.open("litware"), world.open("litware")
    assert world.usher("run", first, "--", "Get-CsTenant").status == 0
    assert world.session(first)["invocations"] == 1
    assert world.usher("run", "litware", "--", "Get-CsTenant").status == 0
    assert (world.session(first)["invocations"], world.session(second)["invocations"]) == (2, 0)
    assert world.usher("run", "litware", "--new", "--", "Get-CsTenant").status == 0
    other = world.usher("run", "litware", "--as", "pilar", "--verbose", "--", "Get-CsTenant")
    assert "pilar" in other.errors
    named = world.usher("run", "litware", "--verbose", "--", "Get-CsTenant", environment={"USHER_ADMIN": "dana"})
    assert "dana" in named.errors
    assert (world.session(first)["invocations"], world.session(second)["invocations"]) == (2, 0)
    litware.settles_at(2)


def test_a_session_is_named_by_the_beginning_of_its_id(litware):
    world = litware.world
    session = world.open("litware")
    for beginning in (session[:2], session[:3], session):
        told = world.usher("run", beginning, "--", "Get-CsTenant")
        assert told.status == 0, told
    assert world.session(session)["invocations"] == 3
    second = world.open("litware")
    ambiguous = world.usher("run", session[:2], "--", "Get-CsTenant")
    assert ambiguous.status == 64 and session in ambiguous.errors and second in ambiguous.errors, ambiguous
    litware.configure(name=session[:2])
    assert world.usher("reload").status == 0
    named = world.usher("run", session[:2], "--verbose", "--", "Get-CsTenant")
    assert named.status == 0 and f"on {session[:2]}" in named.errors, "a tenant that is called so comes first"


def test_inside_hold_its_session_is_used_and_outside_it_is_not(litware):
    world = litware.world
    inside = world.shell("usher hold litware -- sh -c 'echo $USHER_SESSION; usher run litware -- Get-CsTenant >/dev/null'")
    held = inside.output.strip()
    assert inside.status == 0 and world.session(held)["invocations"] == 1
    holder = world.start_usher("hold", "litware", "--", "sh", "-c", "echo $USHER_SESSION; exec sleep 600")
    held = holder.line()
    assert world.usher("run", "litware", "--", "Get-CsTenant").status == 0
    assert world.session(held)["invocations"] == 0


def test_import_and_commands_list_what_a_session_offers(litware):
    world = litware.world
    imported = world.usher("import", "litware")
    assert imported.status == 0 and "Imported" in imported.output + imported.errors
    asked = litware.requests("command")
    listed = world.usher("commands", "litware", "Get-Cs*", "--format", "json").json["items"]
    assert len(listed) > 10 and all(item["name"].startswith("Get-Cs") for item in listed)
    assert litware.requests("command") == asked, "they are remembered with the session"
    assert "-ResultSize" in world.usher("commands", "litware", "Get-CsOnlineUser", "--verbose").output


def test_two_thousand_pipelines_in_a_row_all_run(litware):
    """The lab refuses the 1001st command of a shell whose commands were not terminated."""
    session = litware.world.open("litware")
    wire = litware.world.wire()
    for _ in range(2000):
        *_, end = wire.stream("Invoke", {"session": session, "commands": [{"name": "Get-LabObject"}]})
        assert end["outcome"] == "completed"


def test_a_second_pipeline_on_a_session_is_told_that_it_is_busy(litware):
    session = litware.world.open("litware")
    slow = litware.world.start_usher("run", session, "--", "Start-LabSleep", "-Seconds", "600")
    assert slow.line()
    busy = litware.world.usher("run", session, "--", "Get-CsTenant")
    assert busy.status == 75 and busy.output == ""
    shown = litware.world.session(session)
    assert shown["running"] == "Start-LabSleep" and "600" not in str(shown), "what it is told is no colleague's affair"
    assert "running Start-LabSleep, " in litware.world.usher("list").output
    for _ in range(2):
        litware.world.open("litware")
    refused = litware.world.usher("open", "litware")
    assert refused.status == 75 and "running Start-LabSleep, " in refused.errors
    slow.interrupt()
    assert slow.result().status == 130
    assert litware.world.usher("run", session, "--", "Get-CsTenant").status == 0
    assert "running" not in litware.world.session(session)


def test_a_client_that_does_not_read_slows_its_tenant_and_nobody_else(litware):
    session, wire = litware.world.open("litware"), litware.world.wire()
    count = {"name": "Count", "value": {"int": 10_000_000}}
    wire.send("Invoke", {"session": session, "commands": [{"name": "Get-LabObject", "arguments": [count]}]}, more=True)

    def asked():
        return litware.stats()["operations"].get("CommandReceive", 0)

    # It goes on until the socket is full, and not beyond.
    eventually("the first output", asked)
    last = [asked()]

    def stands_still():
        before, last[0] = last[0], asked()
        # That nothing is asked for a while is what is tested.
        time.sleep(0.3)
        return before == asked()

    eventually("the tenant to be asked for nothing more", stands_still)
    with open(f"/proc/{litware.world.daemon.process.pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert resident < 200_000
    assert litware.world.usher("status").status == 0
    wire.close()
    eventually("its pipeline to be stopped", lambda: litware.world.session(session)["state"] == "ready")


def test_a_reader_that_had_enough_ends_the_pipeline(litware):
    litware.world.open("litware")
    assert litware.world.shell("usher run litware --format jsonl -- Get-LabEndless | head -3 | wc -l").output == "3\n"
    eventually("it to idle", lambda: litware.world.sessions()[0]["state"] == "ready")


def test_nobody_uses_what_is_somebody_elses(lab, as_root):
    world = lab().serve(users=[0, 65533]).world
    session = world.open("litware")
    script = f"""
        import sys; sys.path.insert(0, {str(os.path.dirname(os.path.abspath(__file__)))!r})
        from wire import Refused, Wire
        for method in ("Invoke", "ListCommands", "Stop", "Attach", "Watch"):
            parameters = {{"session": "{session}"}}
            if method == "Invoke": parameters["commands"] = [{{"name": "Get-CsTenant"}}]
            if method == "Attach": parameters["lease"] = "connection"
            try:
                for _ in Wire("{world.socket}").stream(method, parameters): pass
                print(method, "done")
            except Refused as refused:
                print(method, refused.name)
    """
    said = subprocess.run(
        ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "/usr/bin/python3", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert set(said.stdout.split()[1::2]) == {"NotAuthorized"} and len(said.stdout.split()) == 10, said


# Nothing is left behind.


def dies(litware, start, wait):
    slowest = 0
    for _ in range(ROUNDS):
        holder = start()
        wait(holder)
        begun = time.monotonic()
        holder.kill()
        litware.settles_at(0, within=SOON)
        slowest = max(slowest, time.monotonic() - begun)
        holder.clean()
    return slowest


def test_killed_holders_leave_nothing(litware, figure):
    def start():
        return litware.world.start_usher("hold", "litware", "--", "sh", "-c", "echo up; exec sleep 600")

    slowest = dies(litware, start, lambda holder: holder.line())
    figure(f"hold killed {ROUNDS} times: its shell deleted within {slowest * 1000:.0f} ms")


def test_killed_runs_leave_nothing(litware, figure):
    def start():
        return litware.world.start_usher("run", "litware", "--", "Start-LabSleep", "-Seconds", "600")

    slowest = dies(litware, start, lambda holder: holder.line())
    figure(f"run killed {ROUNDS} times: its shell deleted within {slowest * 1000:.0f} ms")


def test_killed_shells_leave_nothing(litware):
    def start():
        return litware.world.start_usher("shell", "litware", stdin=subprocess.PIPE)

    dies(litware, start, lambda holder: litware.settles_at(1))


@pytest.mark.parametrize("stage", ["discovery", "challenge", "token", "Create", "PoolReceive"])
def test_an_open_killed_while_it_connects_leaves_nothing(lab, stage):
    counted = {"Create": "create", "PoolReceive": "receive"}.get(stage, stage)
    lab = lab()
    for _ in range(2):
        # A daemon that has not been there before finds everything anew.
        lab.serve()
        lab.order("reset")
        lab.trouble(stage, "delay", by="500ms")
        opening = lab.world.start_usher("open", "litware")
        lab.reaches(counted)
        opening.kill()
        lab.settles_at(0, within=SOON)
        lab.world.daemon.terminate()


def test_who_ends_normally_leaves_nothing_either(litware):
    for _ in range(5):
        assert litware.world.usher("hold", "litware", "--", "true").status == 0
        assert litware.world.usher("run", "litware", "--", "Get-CsTenant").status == 0
    litware.settles_at(0)
    assert litware.stats()["deletes"] == litware.stats()["creates"]["answered"] == 10


def test_closing_the_terminal_ends_what_was_opened_in_it(litware):
    leader, terminal = pty.openpty()
    shell = subprocess.Popen(
        ["setsid", "--ctty", "sh", "-c", f"{litware.world.usher_program} open litware; sleep 600"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=litware.world.environment(),
    )
    os.close(terminal)
    litware.settles_at(1)
    eventually("the lease", lambda: litware.world.sessions()[0]["lease"] == "console")
    os.close(leader)
    litware.settles_at(0, within=SOON)
    shell.kill()
    shell.wait()


def test_a_restart_goes_on_with_what_is_there_and_deletes_what_nobody_wants(litware):
    world = litware.world
    session = world.open("litware")
    assert world.usher("run", session, "--", "Get-CsTenant").status == 0
    shell = world.session(session)["shellId"]
    litware.trouble("Create", "delay", by="2s")
    opening = world.start_usher("open", "litware", "--as", "dana")
    litware.reaches("create", 2)
    world.restart()
    opening.kill()
    assert world.usher("run", session, "--", "Get-CsTenant").status == 0
    assert world.session(session)["shellId"] == shell
    # The one that was being made is deleted under the id that had been chosen for it, once it is there.
    eventually("the late shell to be made and deleted", lambda: litware.stats()["deletes"] >= 1)
    assert world.usher("close", session).status == 0
    litware.settles_at(0)


def test_what_is_given_back_where_nothing_is_kept_warm_is_closed(lab):
    lab = lab()
    console = f"  console: {{protocol: none, sessions_per_admin: 3, admins: {{desk: {{users: [{os.getuid()}]}}}}}}\n"
    lab.world.configure(lab.tenant() + console, credentials=lab.facts["credentials"]).start()
    for tenant, state in (("litware", "closing"), ("console", "closed")):
        session = lab.world.open(tenant)
        left = lab.world.ask("Attach", {"session": session, "lease": "none"})["session"]
        assert (left["session"], left["state"], left["reason"]) == (session, state, "closed")
    lab.settles_at(0)
    eventually("both to be gone", lambda: lab.world.sessions() == [])
