"""Seats are given out up to the limit, and not one beyond it."""

import os
import re
import statistics
import subprocess
import time

import pytest

from events import eventually
from world import tenant

ROUNDS = int(os.environ.get("USHER_ROUNDS_OF_HOLDS", "20"))
CROWD = 200


def test_a_fourth_session_of_an_admin_is_refused_in_five_parts(world):
    opened = [world.usher("open", "seats", "--purpose", f"work {number}") for number in range(3)]
    assert [result.status for result in opened] == [0, 0, 0]
    ids = [result.output.strip() for result in opened]
    assert len(set(ids)) == 3

    refused = world.usher("open", "seats")
    assert refused.status == 75
    assert refused.output == ""
    lines = refused.errors.splitlines()
    assert lines[0] == "Error: desk holds 3 of 3 sessions on seats (sessions_per_admin)."
    for number, name in enumerate(ids):
        assert any(name in line and ("held" in line or "idle" in line) for line in lines[1:4]), refused
    assert lines[-1].startswith("Hint: usher open seats --wait ")


def test_a_refusal_tells_when_the_next_seat_frees_and_what_to_close(empty_world):
    empty_world.configure(tenant(per_admin=1, idle_timeout="14m")).start()
    name = empty_world.open("seats", "--purpose", "nightly sync")
    refused = empty_world.usher("open", "seats")
    assert refused.status == 75
    error, holder, hint = refused.errors.splitlines()
    assert error == "Error: desk holds 1 of 1 session on seats (sessions_per_admin)."
    assert re.fullmatch(rf"  {name}  \S+ +.*idle \d+s +frees in 1[34]m.*", holder), holder
    # A terminal, where there is one, tells as much as a purpose.
    assert "nightly sync" in holder or "pts/" in holder
    assert hint.startswith("Hint: usher open seats --wait ")
    assert hint.endswith(f"   or   usher close {name}")


def test_a_refusal_takes_a_whole_process_less_than_100_ms(world, figure):
    for _ in range(3):
        world.open()
    took = []
    for _ in range(20):
        start = time.monotonic()
        done = subprocess.run(
            [world.usher_program, "open", "seats"], env=world.environment(), capture_output=True, timeout=10
        )
        took.append(time.monotonic() - start)
        assert done.returncode == 75
    median = statistics.median(took) * 1000
    figure(f"a refused `usher open`, whole process: {median:.1f} ms in the median of 20, {max(took) * 1000:.1f} at most")
    assert median < 100


def test_a_tenth_session_is_refused_by_the_limit_of_the_organization(empty_world):
    me = [os.getuid()]
    empty_world.configure(tenant("litware", 3, 9, {name: me for name in ("ken", "pilar", "dana", "sam")})).start()
    for admin in ("ken", "pilar", "dana"):
        for _ in range(3):
            empty_world.open("litware", "--as", admin)
    refused = empty_world.usher("open", "litware", "--as", "sam")
    assert refused.status == 75
    lines = refused.errors.splitlines()
    assert lines[0] == "Error: litware has 9 of 9 sessions open (sessions_per_organization)."
    assert len([line for line in lines if re.match(r"  s\d", line)]) == 9
    # His own limit speaks first where it is reached, too.
    assert "sessions_per_" in empty_world.usher("open", "litware", "--as", "ken").errors


def test_other_admins_with_room_are_told_of(empty_world):
    me = [os.getuid()]
    empty_world.configure(tenant("litware", 1, None, {"ken": me, "pilar": me})).start()
    empty_world.open("litware")
    refused = empty_world.usher("open", "litware")
    assert "usher open litware --as pilar" in refused.errors
    assert empty_world.usher("open", "litware", "--as", "pilar", "--detach").status == 0


class Crowd:
    """Many `usher hold` at once. Each that gets a seat prints its session and stays until all are let go."""

    def __init__(self, world, size):
        self.reading, writing = os.pipe()
        held, self.gate = os.pipe()
        errors = open(world.directory / "refusals", "ab")
        self.commands = [
            world.start_usher(
                *("hold", "seats", "--", "sh", "-c", 'echo "$USHER_SESSION"; exec cat'),
                stdin=held,
                stdout=writing,
                stderr=errors,
            )
            for _ in range(size)
        ]
        for descriptor in (writing, held):
            os.close(descriptor)
        errors.close()

    def running(self):
        return [command for command in self.commands if command.process.poll() is None]

    def let_go(self):
        os.close(self.gate)

    def printed(self):
        """All that was printed; everybody must have left."""
        with open(self.reading, "rb") as pipe:
            return pipe.read().decode().split()


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_200_holds_at_once_just_the_quota_is_granted(world, round):
    if round % 2:
        # All of them stand at the door before the broker looks at the first.
        with world.daemon.halted():
            crowd = Crowd(world, CROWD)
    else:
        crowd = Crowd(world, CROWD)
    eventually("all but three to be told no", lambda: len(crowd.running()) <= 3, within=60)
    holding = crowd.running()
    assert len(holding) == 3
    assert len(world.sessions()) == 3
    refused = [command.process.returncode for command in crowd.commands if command not in holding]
    assert set(refused) == {75}

    crowd.let_go()
    assert [command.result().status for command in holding] == [0, 0, 0]
    names = crowd.printed()
    assert len(names) == 3 and len(set(names)) == 3
    assert world.seats_at_once() == {"seats": 3}
    assert world.sessions() == []
    refusals = (world.directory / "refusals").read_text()
    assert refusals.count("Error: ") == CROWD - 3, "somebody was turned away without a word"
