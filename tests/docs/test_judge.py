"""The judge to copy, against a server of this machine whose grades are written down."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.metrics import Metric, Row, make_metrics
from tests.conftest import printed, refused, write_data
from tests.policyqa.conftest import run
from tests.serving import Call, Reply, says, serving

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ["judge:Faithfulness", "judge:Agreement"]
SAID: dict[str, tuple[str | int, str | int]] = {
    "the sure": ("2", "2 of 2"),
    "the doubtful": ("Grade: 2", "0"),
    "the silent": ("I cannot tell.", "I cannot tell."),
    "the late": ("1", "Perhaps."),
    "the refused": (400, 400),
}
"""By answer, what the judge says of it when it is asked first, and then; or a status."""


class Judge:
    """What a server of chats says, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self._times: Counter[str] = Counter()

    def answer(self, asked: Call) -> Reply:
        self.asked.append(asked.body)
        about = asked.asked.split("Answer: ")[1]
        self._times[about] += 1
        said = SAID[about][self._times[about] - 1]
        return says(said, model="judge-7") if isinstance(said, str) else Reply(status=said)

    def texts(self) -> list[str]:
        """What it was asked since this was looked at."""
        found = [one["messages"][-1]["content"] for one in self.asked]
        self.asked.clear()
        self._times.clear()
        return found


@pytest.fixture
def judge(
    workplace: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Judge]:
    """The server that the environment names; the metrics are found."""
    monkeypatch.syspath_prepend(str(DOCS))
    judge = Judge()
    with serving(judge.answer) as server:
        monkeypatch.setenv("JUDGE_URL", server.chats)
        monkeypatch.setenv("JUDGE_MODEL", "my-judge")
        yield judge


def rows(*answers: str) -> list[Row]:
    return [Row(f"About {one}?", one, ("72 hours.",), context="A provision.") for one in answers]


def metrics() -> list[Metric]:
    return make_metrics(NAMES)


def write_suite() -> str:
    """A suite of one answer that the judge is sure of, one that it is not, and one ungraded."""
    write_data(Path("data"))
    answers = dict(zip(("bees-0002", "kites-0002", "wells-0002"), SAID, strict=False))
    lines = [{"id": i, "answer": text, "context": ["Theirs."]} for i, text in answers.items()]
    Path("answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    Path("mine.yaml").write_text(
        f"data: data\nfloors: []\nmetrics: [bleu, {', '.join(NAMES)}]\n"
        "models: {today: {answers: answers.jsonl}}\nvariants: [today]\n"
    )
    return "mine.yaml"


def scored(suite: str) -> Any:
    return run(suite)["variants"]["today"]


def test_the_judge_is_shown_the_context_the_question_and_the_answer(judge: Judge) -> None:
    faithfulness, _ = metrics()
    assert faithfulness.score(rows("the sure")) == [1.0]
    for asked in judge.asked:
        system, user = asked["messages"]
        assert system["content"].startswith("You grade whether an answer follows")
        text = "Provisions: A provision.\n\nQuestion: About the sure?\n\nAnswer: the sure"
        assert user["content"] == text
        assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("my-judge", 8, 0)


def test_two_askings_are_two_calls_and_both_metrics_share_them(judge: Judge) -> None:
    faithfulness, agreement = metrics()
    asked = rows("the sure", "the doubtful", "the silent", "the late")
    assert faithfulness.score(asked) == [1.0, 0.5, None, None]
    assert len(judge.texts()) == 8
    assert agreement.score(asked) == [1.0, 0.0, None, None]
    assert faithfulness.score(asked) == [1.0, 0.5, None, None]
    assert judge.texts() == []


def test_what_the_server_refuses_has_no_grade_and_the_others_have(judge: Judge) -> None:
    _, agreement = metrics()
    assert agreement.score(rows("the refused", "the doubtful")) == [None, 0.0]
    assert len(judge.texts()) == 4


def test_an_answer_that_was_shown_nothing_is_not_judged(judge: Judge) -> None:
    nothing = [Row("?", "the sure", ("72 hours.",), context=shown) for shown in ("", None)]
    assert [one.score(nothing) for one in metrics()] == [[None, None]] * 2
    assert judge.texts() == []


def test_a_suite_with_a_judge_asks_it_once(judge: Judge) -> None:
    suite = write_suite()
    entry = scored(suite)
    faithful, agrees = entry["metrics"]["faithfulness"], entry["rates"]["judge_agreement"]
    assert (faithful["mean"], faithful["n"]) == (0.75, 2)
    assert (agrees["mean"], agrees["n"]) == (0.5, 2)
    assert len(judge.texts()) == 6
    assert scored(suite) == entry
    assert judge.texts() == []
    signature = json.loads(Path("run/manifest.json").read_text())["signature"]
    assert "faithfulness:my-judge@" in signature
    # Its address may have a key in it, and a signature is shown to everyone.
    assert "127.0.0.1" not in signature


def test_what_the_judge_said_is_shown_and_forgotten_as_a_suite_of_its_own(judge: Judge) -> None:
    suite = write_suite()
    entry = scored(suite)
    judge.texts()

    def judges() -> list[dict[str, Any]]:
        return [row for row in printed("cache", "info")["kept"] if row["suite"] == "judges"]

    (row,) = judges()
    assert (row["data"], row["model"], row["answers"], row["scored"]) == ("", "my-judge", 6, 0)
    assert printed("cache", "clear", "--suite", "judges") == {"answers": 6, "scores": 0}
    assert judges() == []
    # The grades made of it are kept with the suite's other scores.
    assert scored(suite) == entry
    assert judge.texts() == []
    printed("cache", "clear", "--suite", "mine")
    assert scored(suite) == entry
    assert len(judge.texts()) == 6


@pytest.mark.parametrize("unset", ["JUDGE_URL", "JUDGE_MODEL"])
def test_without_a_judge_it_is_one_line_before_any_work(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, unset: str
) -> None:
    suite = write_suite()
    monkeypatch.delenv(unset)
    assert refused("run", suite).startswith("error: set JUDGE_URL and JUDGE_MODEL")
    assert judge.texts() == []
    assert not Path("runs").exists()
