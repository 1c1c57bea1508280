"""auth: negotiate, with a KDC that nobody here wrote and a server half that checks the tickets."""

import os
import pathlib
import pwd

import pytest

import realm as kerberos


@pytest.fixture
def realm(lab, not_run):
    if name := kerberos.missing():
        not_run(f"{name} is not installed")
    lab = lab("--user", "ann=a", "--user", "bob=b", "--user", "cid=c")
    realm = kerberos.Realm(lab.world.directory / "realm")
    lab.world.cleanups.callback(realm.stop)
    for name in ("ann", "bob", "cid"):
        realm.admin(name, f"password of {name}".replace(" ", "-"))
    door = kerberos.Door(realm, lab)
    lab.world.cleanups.callback(door.close)
    realm.lab, realm.door = lab, door
    return realm


def serve(realm, **settings):
    lab = realm.lab
    credentials = pathlib.Path(lab.facts["credentials"])
    for name in ("ann", "bob"):
        path = credentials / f"litware-{name}"
        path.unlink(missing_ok=True)
        realm.keytab(name, path)
        path.chmod(0o600)
    place = {"auth": "negotiate", "endpoint": realm.door.url, "ca_file": realm.door.ca_file, **settings}
    text = lab.tenant(admins=["ann", "bob", "cid"], **place)
    # What goes with discovery does not go with an endpoint.
    text = "\n".join(line for line in text.splitlines() if "discovery_uri" not in line) + "\n"
    lab.world.configure(text, credentials=str(credentials))
    lab.world.start(environment={"KRB5_CONFIG": realm.environment["KRB5_CONFIG"]})
    return lab.world


def test_two_admins_with_two_keytabs_are_each_seen_as_themselves(realm):
    world = serve(realm)
    ann = world.open("litware", "--as", "ann")
    bob = world.open("litware", "--as", "bob")
    commands = [
        (name, world.start_usher("run", session, "--", "Get-LabRunspace"))
        for _ in range(3)
        for name, session in (("ann", ann), ("bob", bob))
    ]
    for name, command in commands:
        told = command.result(within=60)
        if told.status == 75:
            continue
        assert told.status == 0 and f"{name}@litwareinc.com" in told.output, told
    owners = {shell["owner"] for shell in realm.lab.stats()["shells"]}
    assert owners == {"ann@litwareinc.com", "bob@litwareinc.com"}
    assert {user for user, _, _ in realm.door.seen} == {f"ann@{kerberos.REALM}", f"bob@{kerberos.REALM}"}


def test_each_request_is_sent_once(realm):
    world = serve(realm)
    session = world.open("litware", "--as", "ann")
    assert world.usher("run", session, "--", "Set-LabMark", "-Identity", "x", "-Token", "t").status == 0
    assert [item["count"] for item in realm.lab.stats()["executions"]] == [1]
    assert realm.lab.stats()["operations"]["Create"] == 1
    assert world.usher("close", session).status == 0 and realm.lab.stats()["live"] == 0


def test_a_password_is_as_good_as_a_keytab(realm):
    world = serve(realm)
    (pathlib.Path(realm.lab.facts["credentials"]) / "litware-cid").unlink()
    refused = world.usher("open", "litware", "--as", "cid")
    assert refused.status == 77 and "usher login litware" in refused.errors, refused
    assert world.usher("login", "litware", "--as", "cid", input=b"password-of-cid\n").status == 0
    told = world.usher("run", "litware", "--as", "cid", "--", "Get-LabRunspace")
    assert told.status == 0 and "cid@litwareinc.com" in told.output, told


def test_a_ticket_that_somebody_signed_in_for_is_not_another_users(realm, not_run):
    if os.geteuid() != 0:
        not_run("another user is needed")
    other = pwd.getpwnam("games")
    world = serve(realm, users=[os.getuid(), other.pw_uid])
    world.write_configuration(world.config.read_text().replace(', "credential": "litware-cid"', ""))
    assert world.usher("reload").status == 0
    assert world.usher("login", "litware", "--as", "cid", input=b"password-of-cid\n").status == 0
    assert world.usher("open", "litware", "--as", "cid", "--detach").status == 0
    person = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
    refused = world.usher("open", "litware", "--as", "cid", **person)
    assert refused.status == 77 and "usher login litware" in refused.errors, refused


def test_a_wrong_secret_is_told_and_left_alone(realm):
    world = serve(realm)
    path = pathlib.Path(realm.lab.facts["credentials"]) / "litware-cid"
    path.write_text("wrong\n")
    for _ in range(3):
        told = world.usher("open", "litware", "--as", "cid")
        assert told.status == 77, told
    # Keys of a time before the password was changed.
    realm.kadmin("cpw -pw another ann")
    told = world.usher("open", "litware", "--as", "ann")
    assert told.status == 77, told


def test_without_a_kdc_it_says_so(realm):
    world = serve(realm)
    realm.stop()
    told = world.usher("open", "litware", "--as", "ann", within=60)
    assert told.status == 69 and "no ticket for ann@LITWAREINC.COM" in told.errors, told
    realm.start()
    assert world.usher("open", "litware", "--as", "ann", "--detach").status == 0


def test_a_keytab_says_so_where_it_is_no_password(realm):
    serve(realm)
    lab = realm.lab
    lab.world.daemon.terminate()
    lab.configure(basic=True, admins=["ann"])
    lab.world.start()
    told = lab.world.usher("open", "litware")
    assert told.status == 77 and "keytab" in told.errors, told
