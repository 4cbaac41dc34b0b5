"""Work done in several threads, until some of it fails, or in one, until time is up."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import Event, Thread
from typing import TypeVar

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def each(
    work: Callable[[_Item], _Made], items: Sequence[_Item], threads: int
) -> Generator[tuple[_Item, _Made | None]]:
    """Items with what ``work`` makes of them, as it is made.

    Where it raises, so does this, as soon as what is being worked at is done; nothing more is
    begun, and items that were not are paired with None.
    """
    failed = Event()

    def until_one_fails(item: _Item) -> _Made | None:
        try:
            return None if failed.is_set() else work(item)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(threads) as pool:
        begun = {pool.submit(until_one_fails, item): item for item in items}
        try:
            for done in as_completed(begun):
                yield begun[done], done.result()
        finally:
            failed.set()
            pool.shutdown(cancel_futures=True)


def made_within(seconds: float, work: Callable[[], _Made]) -> _Made:
    """What ``work`` makes, in a thread of its own.

    Time limits of sockets are of one read, and a server that sends a byte now and then is never
    over them. What takes longer is left to itself: it must end by itself, and holds up no exit.

    Raises:
        TimeoutError: it has not made it in so many seconds.
    """
    outcome: Future[_Made] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome.result(seconds)
