"""The audit of a made-up run: what is found, what is scored without it, what nobody can tell."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.files import write_json
from harness.models.adapter import RECORD
from harness.runs import VARIANT_RECORD, variant_folder
from reports.audit import AUDIT, audit_run, read_audit
from reports.audit_tables import audit_tables
from tasks.policyqa.questions import Question
from tasks.policyqa.trained import TrainedOn, write_trained
from tests.embedding import Blind
from tests.reports.conftest import amending
from tests.reports.made_up import Sample, made_up_sample, write_run

EXPOSED = range(10)
"""Of 60 questions, a section each: what the made-up tuned model was trained on, and gains by."""


class Forbidden:
    """An embedder that may not be asked."""

    def embed(self, texts: Sequence[str]) -> Any:
        raise AssertionError(f"{len(texts)} texts were embedded")


def asked(number: int, id_: str = "", split: str = "test") -> Question:
    """A question that no other is like."""
    rng = random.Random(number)  # noqa: S311
    words = ["".join(rng.choices("abcdefghijklmnop", k=6)) for _ in range(20)]
    return Question.model_validate(
        {
            "id": id_ or f"q{number}",
            "split": split,
            "question": f"What of {' '.join(words[:10])}?",
            "answer": f"It is {' '.join(words[10:])}.",
            "evidence": [f"f/s{number}"],
        }
    )


def samples(gain: float) -> list[Sample]:
    """Sixty answers as good as those of others, but for what is gained on the exposed."""
    return [
        made_up_sample(n, 0.2 + n / 200 + (gain if n in EXPOSED else 0), [f"f/s{n}"], [], "", None)
        | {"doc": asked(n).model_dump() | {"context_ids": [], "context": ""}}
        for n in range(60)
    ]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A base and two models that were trained; of none is there a checkpoint yet."""
    variants = {"base/plain": 0.0, "sft/plain": 0.4, "sft-rag/rag": 0.0}
    return write_run(
        tmp_path / "run",
        {name: samples(gain) for name, gain in variants.items()},
        name="leaky",
        model="small",
    )


def train(run: Path, model: str, *questions: Question) -> None:
    """Give the run a checkpoint that was trained on these."""
    folder = run / "checkpoints" / model
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text("{}")
    write_trained(folder, TrainedOn(list(questions), {}))


def test_an_exposed_variant_is_scored_on_what_it_had_not_met(run: Path) -> None:
    met = [asked(n, f"t{n}", "train") for n in EXPOSED]
    train(run, "sft", *met, asked(20, "v", "validation"))
    train(run, "sft-rag", asked(99, "other", "train"))
    found = audit_run(run, Blind())
    write_json(run / AUDIT, found.as_json())
    assert read_audit(run) == found
    assert found.exposed == {
        "sft/plain": {f"q{n}": "exact" for n in EXPOSED},
        "sft-rag/rag": {},
    }
    leaky, clean = found.variants["sft/plain"], found.variants["sft-rag/rag"]
    assert leaky.exposed["q3"].trained == "t3"
    assert (leaky.trained_on, leaky.scored, list(leaky.chosen_on)) == (10, 60, ["q20"])
    assert leaky.same_evidence == {f"q{n}": f"f/s{n}" for n in EXPOSED}
    delta = {part: one["rouge_l"].delta for part, one in leaky.vs_baseline.items()}
    assert delta == pytest.approx({"all": 0.4 / 6, "clean": 0.0})
    means = {part: one["rouge_l"].mean for part, one in leaky.metrics.items()}
    numbers = {"all": range(60), "clean": range(10, 60), "exposed": EXPOSED}
    assert means == pytest.approx(
        {
            part: 0.2 + np.mean(list(of)) / 200 + 0.4 * len(set(of) & set(EXPOSED)) / len(of)
            for part, of in numbers.items()
        }
    )
    assert leaky.metrics["clean"]["rouge_l"].n == 50
    assert list(clean.metrics) == list(clean.vs_baseline) == ["all"]
    counts, parted = audit_tables(found)
    assert counts.conclusions == [
        "sft/plain is exposed: its weights had met 10 of the 60 questions in training (q0, q1, q2, "
        "q3, q4 …). Judge it by the clean ones.",
        "sft/plain was trained on the evidence of 10 of the 60 questions.",
        "Had met none of the questions: sft-rag/rag.",
    ]
    assert counts.rows[0] == ["sft/plain", "10", "10", "0", "0", "0", "10", "1", "10"]
    assert [row[0].split("\n")[1] for row in parted.rows] == [
        "all: n = 60", "clean: n = 50", "exposed: n = 10",
    ]  # fmt: skip
    assert json.loads(json.dumps(found.as_json()))["variants"]["sft/plain"]["exposed"]["q0"]


def test_what_an_exposed_baseline_had_met_is_in_no_clean_difference(run: Path) -> None:
    with amending(run / "manifest.json") as manifest:
        manifest["baseline"] = "sft/plain"
    train(run, "sft", *(asked(n, f"t{n}", "train") for n in EXPOSED))
    train(run, "sft-rag", asked(11, "t", "train"))
    found = audit_run(run, Blind()).variants
    assert found["sft/plain"].vs_baseline == {}
    beside = found["sft-rag/rag"].vs_baseline
    assert beside["clean"]["rouge_l"].delta == pytest.approx(0)
    assert beside["clean"]["rouge_l"].n == 49
    assert beside["all"]["rouge_l"].delta == pytest.approx(-0.4 / 6)


def test_of_several_seeds_what_any_had_met_is_exposed(run: Path) -> None:
    seeds = {"seed=7": {}, "seed=8": {}}
    with amending(run / "manifest.json") as manifest:
        manifest["variants"]["sft/plain"]["replicates"] = seeds
    folder = variant_folder(run, "sft/plain")
    (log,) = folder.glob("samples_*.jsonl")
    for seed in seeds:
        (folder / seed).mkdir()
        (folder / seed / log.name).write_text(log.read_text())
    with amending(folder / VARIANT_RECORD) as record:
        record["replicates"] = seeds
    train(run, "sft+seed=7", asked(1, "t", "train"))
    train(run, "sft+seed=8", asked(2, "t", "train"))
    assert audit_run(run, Blind()).exposed == {"sft/plain": {"q1": "exact", "q2": "exact"}}


def test_nothing_is_embedded_where_nothing_is_trained(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"base/plain": samples(0)}, name="plain", model="small")
    found = audit_run(run, Forbidden())
    assert (found.variants, found.untold, audit_tables(found)) == ({}, {}, [])


def test_where_nobody_can_tell_a_line_says_why(run: Path) -> None:
    (run / "checkpoints" / "sft").mkdir(parents=True)
    found = audit_run(run, Blind())
    assert list(found.variants) == []
    lines = audit_tables(found)[0].conclusions
    assert lines[0].startswith("sft/plain was not audited: ")
    assert "does not say what it was trained on" in lines[0]
    assert "checkpoints/sft-rag is not there any more" in lines[1]
