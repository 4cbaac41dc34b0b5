"""Answers below a threshold are refusals to whoever scores them, and kept as they were said."""

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.errors import ConfigError
from harness.kept import Kept
from harness.models.engines import LocalEngine
from harness.threshold import REFUSAL
from policyqa.progress import Watch
from policyqa.suite import load_suite
from tests.policyqa.conftest import run, samples, suite_of

METRICS = ["false_answer", "over_refusal", "facts"]


def suite(model: Path, data: Path, **more: Any) -> Any:
    return suite_of(
        model, data, **{"decoding": {"max_tokens": 4}, "k": 1, "metrics": METRICS, **more}
    )


def test_below_it_a_refusal_is_scored_and_nobody_is_asked_again(
    workplace: Path,  # noqa: ARG001
    tiny_llama: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    real = LocalEngine.ask

    def ask(self: LocalEngine, requests: Any, seed: int) -> Any:
        asked.append(len(requests))
        return real(self, requests, seed)

    monkeypatch.setattr(LocalEngine, "ask", ask)
    thresholds = {"sure": {"likelihood": 0}, "any": {"likelihood": -99, "nearness": -1}}
    entries = run(
        suite(
            tiny_llama,
            data,
            thresholds=thresholds,
            variants=["base/rag", "base/rag+sure", "base/rag+any"],
        )
    )["variants"]
    assert sum(asked) == 3
    assert entries["base/rag"]["rates"]["over_refusal"]["mean"] == 0
    assert entries["base/rag+sure"]["rates"]["over_refusal"]["mean"] == 1
    told = json.loads(Path("run/manifest.json").read_text())["signature"]
    assert "threshold sure:likelihood≥0,refusal@" in told
    assert "threshold any:nearness≥-1,likelihood≥-99,refusal@" in told
    assert entries["base/rag+any"]["metrics"] == entries["base/rag"]["metrics"]
    given, held = samples("run", "base/rag"), samples("run", "base/rag+sure")
    for key, line in held.items():
        assert line["filtered_resps"] == [REFUSAL]
        assert line["unanswered"] is None
        # What was said stays in the log, and how likely it was.
        assert line["resps"] == given[key]["resps"]
        assert line["likelihood"] == given[key]["likelihood"] < 0
        assert -1 <= line["doc"]["nearness"] <= 1


def test_answers_that_tell_no_likelihood_are_given_and_a_line_says_so(
    workplace: Path,  # noqa: ARG001
    tiny_llama: Path,
    data: Path,
) -> None:
    thresholds = {"sure": {"likelihood": 0}}
    run(suite(tiny_llama, data, variants=["base/rag"]))
    with sqlite3.connect(Kept().path) as kept:  # As of a version that kept none.
        kept.execute("UPDATE answers SET likelihood = NULL")
    said = io.StringIO()
    watch = Watch(Console(file=said, width=300))
    held = suite(tiny_llama, data, thresholds=thresholds, variants=["base/rag+sure"])
    entries = run(held, watch=watch)["variants"]
    assert entries["base/rag+sure"]["rates"]["over_refusal"]["mean"] == 0
    assert "3 of 3 answers of base/rag+sure tell no likelihood" in said.getvalue()


def test_a_floor_is_held_to_what_retrieval_found(
    workplace: Path,  # noqa: ARG001
    tiny_llama: Path,
    data: Path,
) -> None:
    entries = run(
        suite(
            tiny_llama,
            data,
            thresholds={"near": {"nearness": 1}},
            variants=["floor/sentence", "floor/sentence+near"],
        )
    )["variants"]
    assert entries["floor/sentence+near"]["rates"]["over_refusal"]["mean"] == 1
    assert entries["floor/sentence"]["rates"]["over_refusal"]["mean"] == 0


@pytest.mark.parametrize(
    ("thresholds", "reason"),
    [
        ("{sure: {}}", "of nearness, of likelihood, or of both: name one"),
        ("{sure: {likelihood: 0.5}}", "less than or equal to 0"),
        ("{sure: {nearness: 0, refusal: Ask us.}}", "'Ask us.' would be scored as an answer"),
        ("{oracle: {likelihood: -1}}", "oracle is a row of thresholds and of contexts"),
    ],
)
def test_a_threshold_that_asks_for_nothing_or_could_be_a_context_is_refused(
    tmp_path: Path, thresholds: str, reason: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"model: a/b\nvariants: [base/plain]\nthresholds: {thresholds}\n")
    with pytest.raises(ConfigError, match=reason):
        load_suite(str(path))
