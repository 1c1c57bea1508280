"""Who may do what, verb by verb, as several Unix users (the table of the contract, section 5)."""

import grp
import json
import os
import pwd
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from world import USHER, tenant

OWNER, COLLEAGUE, OPERATORS = "ushertest-ken", "ushertest-pilar", "ushertest-ops"
# Not mapped to any account: somebody who is on every Debian.
STRANGER = "games"


def administer(*command):
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def forget_people():
    for name in (OWNER, COLLEAGUE):
        subprocess.run(["userdel", name], capture_output=True, timeout=30)
    subprocess.run(["groupdel", OPERATORS], capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def people():
    """Two users and the group of the operators, made for these tests."""
    if os.geteuid() != 0:
        yield None
        return
    forget_people()
    administer("groupadd", OPERATORS)
    for name in (OWNER, COLLEAGUE):
        administer("useradd", "--no-create-home", "--shell", "/usr/sbin/nologin", name)
    yield True
    forget_people()


class Person:
    """Runs `usher` as somebody."""

    def __init__(self, world, name, groups=()):
        entry = pwd.getpwnam(name)
        self.world, self.name, self.uid = world, name, entry.pw_uid
        self.options = {
            "user": entry.pw_uid,
            "group": entry.pw_gid,
            "extra_groups": [grp.getgrnam(group).gr_gid for group in groups],
        }

    def usher(self, *arguments, **options):
        return self.world.usher(*arguments, **self.options, **options)

    def status(self, *arguments):
        return self.usher(*arguments).status

    def call(self, method, **parameters):
        return self.usher("call", method, json.dumps(parameters), "--format", "json")

    def open(self, *options):
        result = self.usher("open", "litware", "--detach", *options)
        assert result.status == 0, result
        return result.output.strip()

    def sees(self):
        """The sessions `list` shows."""
        result = self.usher("list", "--format", "json")
        assert result.status == 0, result
        return [item["session"] for item in result.json["items"]]

    def tenants(self):
        return [item["tenant"] for item in self.usher("tenants", "--format", "json").json["items"]]


class Office:
    """A daemon and the people around it."""

    def __init__(self, world, **broker):
        self.world = world
        # A checkout may lie where others cannot go.
        world.usher_program = world.directory / "usher"
        shutil.copy(USHER, world.usher_program)
        world.usher_program.chmod(0o755)
        self.configure(**broker)
        world.start()
        self.owner = Person(world, OWNER)
        self.colleague = Person(world, COLLEAGUE)
        self.operator = Person(world, STRANGER, [OPERATORS])
        self.stranger = Person(world, STRANGER)
        self.root = Person(world, "root")
        self.nobody = Person(world, "nobody")

    def configure(self, owners=(OWNER,), **broker):
        admins = {"kenmyer": owners, "pilar": [COLLEAGUE]}
        self.world.configure(
            tenant("litware", 3, 9, admins), tenant("secret", 1, None, {"boss": []}), operators=OPERATORS, **broker
        )


@pytest.fixture
def office(as_root, people, empty_world):
    return Office(empty_world)


@pytest.fixture
def discreet_office(as_root, people, empty_world):
    return Office(empty_world, reveal_holders="operators")


def test_only_those_whom_an_account_maps_may_open(office):
    assert office.owner.status("open", "litware", "--detach") == 0
    assert office.colleague.status("open", "litware", "--detach") == 0
    # Root and operators may only if they are mapped, too.
    for person in (office.operator, office.root, office.nobody):
        result = person.usher("open", "litware")
        assert result.status == 77, (person.name, result)
    assert office.root.usher("open", "secret").status == 77
    # Whoever may not see a tenant is told that it is not his.
    assert office.stranger.status("open", "litware") == 77


def test_an_account_of_another_is_not_permitted(office):
    result = office.colleague.usher("open", "litware", "--as", "kenmyer")
    assert result.status == 77
    assert "this account is not mapped to you" in result.errors
    assert office.colleague.status("open", "litware", "--as", "kenmyr") == 64


def test_the_account_is_the_first_that_maps_the_caller(office):
    name = office.colleague.open()
    assert office.world.session(name)["admin"] == "pilar"
    assert office.world.session(name)["uid"] == office.colleague.uid
    assert office.world.session(name)["user"] == COLLEAGUE


def test_a_user_who_is_configured_by_number_is_shown_by_name(empty_world):
    empty_world.configure(tenant("seats", 3, None, {"desk": [os.getuid()]})).start()
    assert empty_world.session(empty_world.open())["user"] == pwd.getpwuid(os.getuid()).pw_name


def test_a_session_can_be_attached_and_watched_by_its_owner_only(office):
    name = office.owner.open()
    assert office.owner.call("Attach", session=name, lease="detached").status == 0
    for person in (office.colleague, office.operator, office.root):
        result = person.call("Attach", session=name, lease="detached")
        assert result.status == 77, (person.name, result)
        assert person.usher("call", "Watch", json.dumps({"session": name}), "--more").status == 77
    assert office.stranger.call("Attach", session=name, lease="detached").status == 64
    assert office.world.session(name)["state"] == "ready"


def test_a_visible_session_of_another_cannot_be_closed_and_says_whose_it_is(office):
    name = office.owner.open()
    result = office.colleague.usher("close", name)
    assert result.status == 77
    assert f"it belongs to {OWNER}" in result.errors
    assert office.world.session(name)["state"] == "ready"


def test_an_invisible_session_is_unknown(office):
    name = office.owner.open()
    for person in (office.stranger, office.nobody):
        result = person.usher("close", name)
        assert result.status == 64
        # Not even a near miss may tell that it is there.
        assert "Did you mean" not in result.errors and OWNER not in result.errors
    assert office.stranger.status("close", name[:-1]) == 64
    assert office.world.session(name)["state"] == "ready"


@pytest.mark.parametrize("closer", ["owner", "operator", "root"])
def test_owner_operator_and_root_may_close(office, closer):
    name = office.owner.open()
    assert getattr(office, closer).status("close", name) == 0
    assert office.world.session(name)["state"] == "closed"
    # A repeated end succeeds.
    assert getattr(office, closer).status("close", name) == 0


def test_list_shows_what_each_may_see(office):
    mine, theirs = office.owner.open(), office.colleague.open()
    for person in (office.owner, office.colleague, office.operator, office.root):
        assert person.sees() == [mine, theirs], person.name
    for person in (office.stranger, office.nobody):
        told = person.usher("list")
        assert told.status == 77 and "no account of any tenant is mapped to you" in told.errors, person.name


def test_list_shows_own_sessions_only_where_holders_are_not_revealed(discreet_office):
    office = discreet_office
    mine, theirs = office.owner.open(), office.colleague.open()
    assert office.owner.sees() == [mine]
    assert office.colleague.sees() == [theirs]
    assert office.operator.sees() == [mine, theirs]
    assert office.root.sees() == [mine, theirs]
    # What he may not see is not there, also for him who guesses it.
    assert office.colleague.status("close", mine) == 64
    assert office.colleague.call("Attach", session=mine, lease="detached").status == 64


def test_a_refusal_names_nobody_where_holders_are_not_revealed(as_root, people, empty_world):
    office = Office(empty_world, reveal_holders="operators")
    admins = {"kenmyer": [OWNER, COLLEAGUE]}
    empty_world.configure(tenant("litware", 2, None, admins), operators=OPERATORS, reveal_holders="operators")
    assert office.root.status("reload") == 0
    office.owner.open("--purpose", "payroll")
    own = office.colleague.open()
    refused = office.colleague.usher("open", "litware")
    assert refused.status == 75
    assert OWNER not in refused.errors and "payroll" not in refused.errors
    assert own in refused.errors and "1 more held by others" in refused.errors
    facts = office.colleague.usher("open", "litware", "--format", "json").error
    masked = [holder for holder in facts["holders"] if "session" not in holder]
    assert len(masked) == 1 and not {"user", "terminal", "purpose"} & masked[0].keys()


def test_a_session_that_was_not_revealed_stays_hidden_after_its_end(discreet_office):
    office = discreet_office
    name = office.owner.open()
    assert office.owner.status("close", name) == 0
    listed = office.colleague.usher("list", "--all", "--format", "json").json["items"]
    assert listed == []
    assert office.colleague.status("close", name) == 64
    listed = office.operator.usher("list", "--all", "--format", "json").json["items"]
    assert [item["session"] for item in listed] == [name]


@pytest.mark.parametrize("verb", [["drain"], ["resume"], ["reload"]], ids=lambda verb: verb[0])
def test_drain_resume_and_reload_are_for_operators_and_root(office, verb):
    for person in (office.owner, office.colleague, office.stranger, office.nobody):
        result = person.usher(*verb)
        assert result.status == 77, (person.name, result)
        assert "only operators and root may" in result.errors
    for person in (office.operator, office.root):
        assert person.status(*verb) == 0, person.name
        office.root.usher("resume")


# What each gets who says it about a session of the owner's: the exit status. 64 is "there is no such thing", for those who
# may not even see it.
ROLES = ("owner", "colleague", "operator", "root", "stranger", "nobody")
EVERYBODY = (0, 0, 0, 0, 0, 0)
MAPPED = (0, 0, 0, 0, 77, 77)
OPERATORS_ONLY = (77, 77, 0, 0, 77, 77)
TABLE = {
    "open litware --detach": (0, 0, 77, 77, 77, 77),
    "open litware --as kenmyer --detach": (0, 77, 77, 77, 77, 77),
    "hold litware -- true": (0, 0, 77, 77, 77, 77),
    "call Attach SESSION": (0, 77, 77, 77, 64, 64),
    "call Stop SESSION": (0, 77, 77, 77, 64, 64),
    "close SESSION": (0, 77, 0, 0, 64, 64),
    "reclaim --tenant litware --yes": (0, 0, 0, 0, 64, 64),
    "reclaim --unconfirmed --yes": EVERYBODY,
    "reclaim --unconfirmed --forget --yes": OPERATORS_ONLY,
    "reclaim --foreign --yes": OPERATORS_ONLY,
    "reclaim --yes": (64, 64, 64, 64, 64, 64),
    "lock litware --message x": OPERATORS_ONLY,
    "unlock litware": OPERATORS_ONLY,
    "drain": OPERATORS_ONLY,
    "resume": OPERATORS_ONLY,
    "reload": OPERATORS_ONLY,
    "list": MAPPED,
    "list litware": (0, 0, 0, 0, 64, 64),
    "list --all": MAPPED,
    "events": MAPPED,
    "audit": MAPPED,
    "audit litware": (0, 0, 0, 0, 64, 64),
    "doctor": EVERYBODY,
    "doctor litware": (0, 0, 0, 0, 64, 64),
    "tenants": EVERYBODY,
    "status": EVERYBODY,
    "metrics": MAPPED,
    "top": EVERYBODY,
}


@pytest.mark.parametrize("verb", TABLE)
def test_every_verb_by_every_role(office, verb):
    told = {}
    for role in ROLES:
        session = office.owner.open()
        if verb == "drain":
            # Nobody would hear the end of it while a session is there.
            office.root.usher("close", session)
        person = getattr(office, role)
        if verb.startswith("call "):
            method = verb.split()[1]
            more = {"lease": "detached"} if method == "Attach" else {}
            told[role] = person.call(method, session=session, **more).status
        else:
            told[role] = person.status(*verb.replace("SESSION", session).split())
        for restore in (["resume"], ["unlock", "litware"], ["reclaim", "--tenant", "litware", "--yes"]):
            assert office.root.status(*restore) == 0
    assert told == dict(zip(ROLES, TABLE[verb]))


def test_reclaim_ends_what_is_ones_own_and_for_an_operator_everything(office):
    mine, theirs = office.owner.open(), office.colleague.open()
    assert office.owner.status("reclaim", "--tenant", "litware", "--yes") == 0
    assert office.world.session(mine)["reason"] == "reclaimed" and office.world.session(theirs)["state"] == "ready"
    assert office.stranger.status("reclaim", "--user", COLLEAGUE, "--yes") == 0
    assert office.world.session(theirs)["state"] == "ready", "nothing of his fits"
    assert office.operator.status("reclaim", "--user", COLLEAGUE, "--yes") == 0
    assert office.world.session(theirs)["reason"] == "reclaimed"


def test_the_audit_shows_what_the_lists_show(discreet_office):
    office = discreet_office
    mine, theirs = office.owner.open(), office.colleague.open()
    for person, seen in [
        (office.owner, {mine}),
        (office.colleague, {theirs}),
        (office.operator, {mine, theirs}),
    ]:
        told = person.usher("audit", "--format", "json").json["items"]
        assert {event["session"] for event in told} == seen, person.name
    assert office.stranger.status("audit") == 77


def test_tenants_shows_own_ones_and_their_own_accounts(office):
    assert office.owner.tenants() == ["litware"]
    assert office.operator.tenants() == ["litware", "secret"]
    assert office.root.tenants() == ["litware", "secret"]
    assert office.stranger.tenants() == []
    item = office.owner.usher("tenants", "--format", "json").json["items"][0]
    assert [admin["admin"] for admin in item["admins"]] == ["kenmyer"]


def test_metrics_tell_of_the_tenants_one_may_see(office):
    def told(person):
        return {sample.labels["tenant"] for family in parsed(person.usher("metrics").output)
                for sample in family.samples if "tenant" in sample.labels}

    assert told(office.owner) == {"litware"}
    assert told(office.operator) == told(office.root) == {"litware", "secret"}
    assert office.stranger.status("metrics") == 77


def test_status_and_getinfo_are_for_everybody(office):
    for person in (office.owner, office.operator, office.root, office.stranger, office.nobody):
        assert person.status("status") == 0, person.name
        assert person.status("call", "org.varlink.service.GetInfo") == 0, person.name


def test_a_tenant_that_one_may_not_see_is_no_near_miss(office):
    result = office.owner.usher("open", "secre")
    assert result.status == 64
    assert "secret" not in result.errors
    assert "Did you mean secret?" in office.root.usher("open", "secre").errors


def test_nobody_is_never_mapped(as_root, people, empty_world):
    office = Office(empty_world)
    office.configure(owners=(OWNER, "nobody"))
    result = office.root.usher("reload")
    assert result.status == 78
    assert "which stands for everybody the kernel cannot name" in result.errors
    assert office.nobody.status("open", "litware") == 77


def test_a_group_maps_its_members(as_root, people, empty_world):
    office = Office(empty_world)
    office.configure(owners=(f"@{OPERATORS}",))
    assert office.root.status("reload") == 0
    assert office.operator.status("open", "litware", "--detach") == 0
    assert office.stranger.status("open", "litware", "--detach") == 77


def test_after_an_account_was_taken_away_only_close_is_left(office):
    name = office.owner.open()
    office.configure(owners=())
    assert office.root.status("reload") == 0
    assert office.owner.sees() == [name]
    result = office.owner.call("Attach", session=name, lease="detached")
    assert result.status == 77
    assert "only close is left" in result.errors
    assert office.owner.status("open", "litware") == 77
    assert office.owner.status("close", name) == 0


def test_sudo_as_another_user_is_that_user(office):
    name = office.owner.open()
    # What the environment says of who typed it counts for nothing.
    pretending = {"SUDO_UID": str(office.owner.uid), "SUDO_USER": OWNER, "USER": OWNER, "LOGNAME": OWNER}
    assert office.colleague.usher("close", name, environment=pretending).status == 77


def test_identity_is_no_parameter(office):
    result = office.colleague.call("Acquire", tenant="litware", uid=office.owner.uid)
    assert result.status == 65
    assert result.error["code"] == "InvalidParameter"


def test_mine_is_what_the_uid_owns(office):
    mine, theirs = office.owner.open(), office.colleague.open()
    assert office.owner.status("close", "--mine") == 0
    assert office.world.session(mine)["state"] == "closed"
    assert office.world.session(theirs)["state"] == "ready"
    # Root's own are none, however much root may see.
    assert office.root.status("close", "--mine") == 0
    assert office.world.session(theirs)["state"] == "ready"


def test_the_socket_lets_everybody_in_and_the_journal_nobody(office):
    assert office.world.socket.stat().st_mode & 0o777 == 0o666
    for file in office.world.state_directory.iterdir():
        assert file.stat().st_mode & 0o777 == 0o640, file
