"""Several threads at some work: all of it comes, and a failure ends it."""

from contextlib import closing
from threading import Event

import pytest

from harness.threads import each


def test_every_item_comes_with_what_was_made_of_it() -> None:
    assert dict(each(lambda item: item * item, range(20), 4)) == {n: n * n for n in range(20)}


def test_a_failure_is_raised_when_what_was_begun_is_done_and_nothing_more_is_begun() -> None:
    failing, begun, done = Event(), [], []

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            failing.wait(30)  # For the other thread to be at its item.
            raise ValueError("the first")
        failing.set()
        done.append(item)
        return item

    found = []
    with pytest.raises(ValueError, match="the first"):
        found.extend(each(work, range(100), 2))
    assert [0, *sorted(done)] == sorted(begun)
    assert all(made in (item, None) for item, made in found)


def test_left_early_it_begins_nothing_more() -> None:
    begun: list[int] = []
    with closing(each(lambda item: begun.append(item), range(1000), 1)) as made:
        next(made)
    assert len(begun) < 1000
