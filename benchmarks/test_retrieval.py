"""
What the index costs beyond the embedder alone, on Qdrant Edge.

On the policy set, or on the data folder ``POLICYQA_BENCH_DATA`` names.
"""

import os
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import in_turns, report
from harness.models import catalogue
from rag.corpus import load_corpus
from rag.embedder import Embedder
from rag.index import Index
from tasks.policyqa.questions import DATA, load_questions

FOLDER = Path(os.environ.get("POLICYQA_BENCH_DATA", DATA))
QUESTIONS = 256
PASSAGES = 1024


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with the models and without an index."""
    models = Path(catalogue.fetch("minilm-l6")).parent
    (tmp_path / "models").symlink_to(models, target_is_directory=True)
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))


def test_hybrid_search(benchmark: Any) -> None:
    sections, embedder = load_corpus(FOLDER), Embedder()
    index = Index(sections, embedder)
    index.build()
    questions = [q.question for q in load_questions(FOLDER, [s.id for s in sections])][:QUESTIONS]
    ratio = in_turns(
        benchmark, lambda: index.search(questions, 10), lambda: embedder.embed(questions)
    )
    what = f"{len(questions)} hybrid queries of {len(sections)} passages"
    report(benchmark, "embedding the questions alone", {what: ratio})


@pytest.mark.usefixtures("empty_cache")
def test_index_building(benchmark: Any) -> None:
    passages, embedder = load_corpus(FOLDER)[:PASSAGES], Embedder()
    turn = count()

    def build() -> None:
        # Other ids each time, so that nothing is taken over from the last.
        number = next(turn)
        Index([replace(s, id=f"{s.id}-{number}") for s in passages], embedder).build()

    ratio = in_turns(benchmark, build, lambda: embedder.embed([s.text for s in passages]))
    report(benchmark, "embedding them alone", {f"indexing {len(passages)} passages": ratio})
