"""What a long command shows while it works: the stage it is at and how long is left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from harness.inert import visible
from harness.progress import Advance, duration

FORETOLD_AFTER = 4.0
"""Seconds of a stage after which its pace is looked at, and for which: what is left at that pace is
said, where no bars move. Before, what is kept goes by at once, and models are loaded."""


class Watch:
    """A bar for the whole of the work and one for the stage it is at.

    On a terminal the bars move; elsewhere each stage leaves a line when it begins and ends.
    """

    def __init__(self, console: Console | None = None) -> None:
        """On standard error, if no console is named."""
        self._console = console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._whole = self._progress.add_task("all stages", total=None, visible=False)
        self._number = 0
        self._count = 0
        self._moving = False

    @contextmanager
    def plan(self, effort: list[float]) -> Iterator[None]:
        """Show bars while the body works through stages of that ``effort``, in any one unit."""
        self._count = len(effort)
        self._progress.update(self._whole, total=sum(effort), visible=True)
        with self._live():
            yield

    @contextmanager
    def stage(self, title: str, effort: float = 0.0) -> Iterator[Advance]:
        """Show ``title`` while the body works; it calls what it is given as it gets on."""
        self._number += 1
        count = f"{self._number}/{self._count} " if self._count else ""
        title = visible(title)
        self._console.print(f"{count}{title} …", highlight=False, markup=False)
        bar = self._progress.add_task(title, total=None)
        before = self._progress.tasks[self._whole].completed
        started = time.perf_counter()
        seen: tuple[float, int] | None = None
        foretold = self._console.is_terminal  # Where bars move, they say so.

        def advance(done: int, total: int) -> None:
            nonlocal seen, foretold
            now = time.perf_counter()
            if seen is None and now - started > FORETOLD_AFTER:
                seen = now, done
            elif (
                seen and not foretold and now - seen[0] > FORETOLD_AFTER and seen[1] < done < total
            ):
                foretold = True
                left = (now - seen[0]) * (total - done) / (done - seen[1])
                self.say(f"    about {duration(left)} left")
            self._progress.update(bar, completed=done, total=total)
            self._progress.update(self._whole, completed=before + effort * done / max(total, 1))

        try:
            with self._live():
                yield advance
        finally:
            self._progress.remove_task(bar)
        self._progress.update(self._whole, completed=before + effort)
        self._console.print(
            f"    done in {time.perf_counter() - started:.0f} s", style="dim", highlight=False
        )

    def say(self, line: str) -> None:
        """Print what the user should know, above the bars."""
        self._console.print(visible(line), highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def _live(self) -> Iterator[None]:
        """Bars move while the outermost body works: that of a plan, or of a stage without one."""
        if self._moving:
            yield
            return
        self._moving = True
        try:
            with self._progress:
                yield
        finally:
            self._moving = False
