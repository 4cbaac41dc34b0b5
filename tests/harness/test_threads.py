"""Several threads at some work: all of it comes, and a failure ends it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event, Semaphore
from typing import Any

import pytest

from harness.threads import each, made_within


def test_every_item_comes_with_what_was_made_of_it() -> None:
    assert dict(each(lambda item: item * item, range(20), 4)) == {n: n * n for n in range(20)}


def test_after_a_failure_nothing_more_is_begun() -> None:
    for threads in (1, 4):
        begun: list[int] = []

        def work(item: int, begun: list[int] = begun) -> int:
            begun.append(item)
            raise ValueError(item)

        with pytest.raises(ValueError, match=r"\d"):
            list(each(work, range(1000), threads))
        assert 1 <= len(begun) <= threads


def test_a_failure_is_raised_when_what_was_begun_is_done() -> None:
    begun, failed, done = Event(), Event(), Event()

    def work(item: int) -> None:
        if item == 0:
            begun.wait(30)  # For the other thread to be at its item.
            failed.set()
            raise ValueError
        begun.set()
        failed.wait(30)
        done.set()

    with pytest.raises(ValueError, match=""):
        list(each(work, range(2), 2))
    assert done.is_set()


def test_left_early_it_begins_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    permits = Semaphore(1)

    class Held(ThreadPoolExecutor):
        """Goes on with what is being worked at only when it is told to end."""

        def shutdown(self, *arguments: Any, **options: Any) -> None:
            permits.release(1000)
            super().shutdown(*arguments, **options)

    def work(item: int) -> None:
        permits.acquire()
        begun.append(item)

    monkeypatch.setattr("harness.threads.ThreadPoolExecutor", Held)
    with closing(each(work, range(1000), 1)) as made:
        next(made)
    # The second may have been at work already.
    assert begun in ([0], [0, 1])


def test_what_takes_too_long_is_left_to_itself_and_what_fails_says_how() -> None:
    go_on, done = Event(), Event()

    def work() -> None:
        go_on.wait(30)
        done.set()

    assert made_within(30, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        made_within(30, lambda: 1 // 0)
    with pytest.raises(TimeoutError):
        made_within(0.01, work)
    go_on.set()
    assert done.wait(30)
