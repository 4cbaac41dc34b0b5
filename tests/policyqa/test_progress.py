"""What long work says where no bars move."""

import io

import pytest
from rich.console import Console

import policyqa.progress
from harness.progress import duration
from policyqa.progress import FORETOLD_AFTER, Watch


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


def test_a_stage_says_once_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, said = Clock(), io.StringIO()
    monkeypatch.setattr(policyqa.progress, "time", clock)
    with Watch(Console(file=said)).stage("asking") as advance:
        advance(3, 10)  # These were kept.
        clock.now = FORETOLD_AFTER + 6.0  # A model was loaded.
        advance(4, 10)
        clock.now += FORETOLD_AFTER / 2  # Too early to tell.
        advance(5, 10)
        clock.now = 30.0
        advance(6, 10)
        clock.now = 50.0
        advance(8, 10)
        advance(10, 10)
    lines = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
    assert lines == ["asking …", "about 40 s left", "done in 50 s"]


@pytest.mark.parametrize(("seconds", "said"), [(4.4, "4 s"), (89.0, "89 s"), (150.0, "2 min")])
def test_a_time_is_told_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
