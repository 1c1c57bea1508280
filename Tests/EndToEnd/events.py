"""Waiting for something that can be observed, never for time to pass."""

import time

# A machine that does much else beside the tests is slow, and that is no fault of what is tested.
PATIENCE = 20.0


class TooLate(AssertionError):
    """What was waited for did not come in time."""


def eventually(what, condition, within=PATIENCE):
    """Returns the first true value of `condition`, and says `what` was waited for if none comes."""
    end = time.monotonic() + within
    while True:
        last = condition()
        if last:
            return last
        if time.monotonic() > end:
            raise TooLate(f"not within {within:g} s: {what} (last seen: {last!r})")
        # What is looked at from outside a process sends no event.
        time.sleep(0.002)
