"""When the journal cannot be used, nothing is given out, ends work, and the way out that is told leads out."""

import os
import sqlite3
import subprocess

import pytest

from events import eventually
from world import tenant


@pytest.fixture
def disk(as_root, empty_world):
    """The directory of the state on a small file system of its own."""
    world = empty_world
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "usher-test", world.state_directory],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    # Lazily: the daemon is killed first, but nothing may keep the mount.
    world.cleanups.callback(subprocess.run, ["umount", "-l", world.state_directory], capture_output=True, timeout=30)
    world.configure()
    return world


def fill(world):
    """Leaves no byte free."""
    with open(world.state_directory / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass


def trouble(world):
    return world.status().get("trouble") or ""


def says(world, what, *way_out):
    """The log, `status` and a refusal name the file, what is wrong with it, and the way out."""
    log = world.daemon.logged(what) and world.daemon.log
    line = next(line for line in log.splitlines() if what in line)
    eventually("the trouble in status", lambda: what in trouble(world))
    refused = world.usher("open", "seats")
    assert refused.status == 69
    shown = world.usher("status")
    assert shown.status == 0
    for text in (line, trouble(world), refused.errors, shown.output):
        assert str(world.state) in text
        for words in way_out:
            assert words in text, text
    assert "usherd can't record grants now, so it gives none." in refused.errors
    # Waiting is no way round it.
    assert world.usher("open", "seats", "--wait", "5s").status == 69


def goes_on(world):
    """Grants work again, without a restart, and are written down."""
    eventually("the trouble's end", lambda: not trouble(world))
    name = world.open()
    assert name in [row["session"] for row in world.query("SELECT session FROM sessions")]
    assert world.daemon.process.poll() is None
    assert world.daemon.log.count("the journal works again") == 1
    return name


def test_a_full_disk_stops_grants_and_not_ends(disk):
    disk.start()
    first, second = disk.open(), disk.open()
    fill(disk)
    assert disk.usher("open", "seats", "--detach").status == 69
    says(disk, "cannot be used", "Free space on its file system; grants go on by themselves then.")
    assert disk.usher("close", first).status == 0
    assert [session["session"] for session in disk.sessions()] == [second]
    # Nobody was granted anything that is not on the disk.
    assert disk.seats_at_once()["seats"] == 2

    (disk.state_directory / "ballast").unlink()
    third = goes_on(disk)
    assert [session["session"] for session in disk.sessions()] == [second, third]
    # What happened in between is on the disk too.
    disk.restart()
    assert [session["session"] for session in disk.sessions()] == [second, third]


def test_a_disk_that_fills_up_under_a_waiter_sends_him_home(disk):
    disk.start()
    names = [disk.open() for _ in range(3)]
    waiter = disk.start_usher("open", "seats", "--detach", "--wait", "1m")
    eventually("somebody in line", lambda: disk.status()["waiting"] == 1)
    fill(disk)
    disk.usher("close", names[0])
    assert waiter.result().status == 69
    (disk.state_directory / "ballast").unlink()
    goes_on(disk)


def test_a_disk_that_is_full_at_the_start_is_said_and_waited_for(disk):
    fill(disk)
    disk.start()
    says(disk, "cannot be used", "Free space on its file system")
    (disk.state_directory / "ballast").unlink()
    goes_on(disk)


def test_a_disk_that_is_read_only_at_the_start_is_said_and_waited_for(disk):
    disk.start()
    kept = disk.open()
    disk.daemon.terminate()
    mount = lambda mode: subprocess.run(
        ["mount", "-o", f"remount,{mode}", disk.state_directory], check=True, capture_output=True, timeout=30
    )
    mount("ro")
    disk.start()
    says(disk, "Read-only file system", "writable for the user of usherd")
    mount("rw")
    goes_on(disk)
    assert kept in [session["session"] for session in disk.sessions()]


@pytest.fixture
def stopped(world):
    """A world in which one session is held and the daemon is not running."""
    world.kept = world.open()
    world.daemon.terminate()
    return world


def test_the_file_is_whole_after_a_stop_and_can_be_copied_alone(stopped):
    world = stopped
    assert [path.name for path in world.state_directory.glob("*-wal")] == []
    copy = world.directory / "copy.sqlite"
    copy.write_bytes(world.state.read_bytes())
    with sqlite3.connect(copy) as journal:
        assert journal.execute("SELECT session FROM sessions").fetchall() == [(world.kept,)]
    journal.close()


def move_away(world):
    for path in world.state_directory.glob("state.sqlite*"):
        if not path.name.endswith(".lock"):
            path.rename(world.directory / path.name)


def dump(world):
    """All that is in the journal."""
    with sqlite3.connect(world.state, timeout=5) as journal:
        lines = list(journal.iterdump())
    journal.close()
    return lines


def test_a_file_that_is_no_database_is_said_and_can_be_moved_away(stopped):
    world = stopped
    world.state.write_bytes(b"this is no database\n" * 1000)
    world.start()
    says(world, "file is not a database", "Put back a good copy, or move the file away")
    move_away(world)
    goes_on(world)


def test_a_damaged_database_is_said_and_a_good_copy_can_be_put_back(stopped):
    world = stopped
    good = world.state.read_bytes()
    world.state.write_bytes(good[:4096] + os.urandom(len(good) - 4096))
    world.start()
    says(world, "malformed", "Put back a good copy, or move the file away")
    copy = world.directory / "copy"
    copy.write_bytes(good)
    move_away(world)
    copy.rename(world.state)
    goes_on(world)
    assert world.kept in [session["session"] for session in world.sessions()]


def test_a_journal_of_a_newer_version_is_left_alone(stopped):
    world = stopped
    with sqlite3.connect(world.state) as journal:
        journal.execute("INSERT INTO grdb_migrations VALUES ('99 something of the future')")
    journal.close()
    before = dump(world)
    world.start()
    says(world, "was written by a newer Usher", "Install that version again, or move the file away.")
    assert dump(world) == before
    move_away(world)
    goes_on(world)


def test_a_row_that_no_usher_wrote_is_said_and_nothing_is_given_out(stopped):
    world = stopped
    with sqlite3.connect(world.state) as journal:
        journal.execute("UPDATE sessions SET lease = 'nonsense'")
    journal.close()
    world.start()
    says(world, "makes no sense")
    with sqlite3.connect(world.state, timeout=5) as journal:
        journal.execute("UPDATE sessions SET lease = 'detached'")
    journal.close()
    goes_on(world)
    assert world.kept in [session["session"] for session in world.sessions()]


def test_a_directory_that_is_not_there_is_said_and_can_be_made(empty_world):
    world = empty_world.configure()
    world.state_directory.rmdir()
    world.start()
    says(world, "No such file or directory", "Its directory must exist and be writable for the user of usherd.")
    world.state_directory.mkdir()
    goes_on(world)


def test_a_journal_that_is_moved_away_under_the_daemon_is_written_whole_again(world):
    kept = world.open()
    move_away(world)
    # The one who finds out is told no, the next one gets a seat: nothing is granted into a file that nobody reads.
    first = world.usher("open", "seats", "--detach")
    assert first.status == 69 and "was removed or replaced while it was in use" in first.errors
    goes_on(world)
    world.restart()
    assert kept in [session["session"] for session in world.sessions()]


def test_a_journal_that_somebody_locks_stops_grants_only_for_so_long(world):
    kept = world.open()
    journal = sqlite3.connect(world.state, isolation_level=None)
    journal.execute("BEGIN EXCLUSIVE")
    try:
        refused = world.usher("open", "seats")
        assert refused.status == 69
        assert world.usher("close", kept).status == 0
        # Whether the other one was written nobody can say now, so its seat is counted until the file answers.
        assert kept not in [session["session"] for session in world.sessions()]
    finally:
        journal.execute("ROLLBACK")
        journal.close()
    eventually("the trouble's end", lambda: not trouble(world))
    world.settles_at(0)
    world.open()


def test_no_grant_is_answered_before_it_is_on_the_disk(empty_world):
    world = empty_world.configure(tenant(per_admin=50)).start() and empty_world
    for _ in range(20):
        name = world.open()
        world.restart()
        assert name in [session["session"] for session in world.sessions()]
