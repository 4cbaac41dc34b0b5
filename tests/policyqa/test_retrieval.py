"""Scoring a retriever: a real embedder, a real store, questions whose evidence is known."""

import inspect
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console

from harness.metrics.retrieval import retrieval_metrics
from harness.statistics import mean_interval
from policyqa.cli_index import DEFAULT_EMBEDDER, Mode
from policyqa.retrieval import clusters
from rag.index import MODES
from rag.retriever import Retriever
from reports.retrieval import RetrievalScores, show_retrieval
from tasks.policyqa.questions import Question
from tests.conftest import printed, refused, spoken, write_data, write_questions

K = 6
"""As many sections as a framework of the small data has."""
WELLS, KITES, BEES = ([f"{name}/s-{n}" for n in range(1, 7)] for name in ("wells", "kites", "bees"))
DEPTH, STRINGS = "How deep is a well dug?", "How long may the strings of a kite be?"
HOSTILE = "[bold]How long\x1b[31m may\nthe strings[/bold] of a kite be?"


def asked(id_: str, kind: str, question: str, evidence: list[str]) -> dict[str, Any]:
    """A line of ``questions.jsonl``."""
    return {
        "id": id_,
        "split": "test",
        "framework": evidence[0].split("/")[0] if evidence else "bees",
        "kind": kind,
        "question": question,
        "evidence": evidence,
        "answerable": bool(evidence),
    }


FOUND = asked("found", "scope", DEPTH, WELLS)
HALF = asked("half", "scope", STRINGS, KITES + BEES)
MISSED = asked("missed", "list", STRINGS, BEES[:1])
WITHOUT = asked("without", "unanswerable", "Who won the race?", [])
AGAIN = [FOUND | {"id": f"found-{n}"} for n in range(4)] + [MISSED | {"id": "missed-again"}]
"""So that clusters have more than one question, and not equally many."""

Score = Callable[..., Any]


@pytest.fixture
def command(data: Path, minilm: Path) -> list[str]:  # noqa: ARG001
    """``policyqa index score`` on the questions above."""
    write_questions(data, [FOUND, HALF, MISSED, WITHOUT])
    return ["index", "score", "--data", str(data), "--k", str(K)]


@pytest.fixture
def score(command: list[str]) -> Score:
    """The JSON document it prints, with more options."""
    return partial(printed, *command)


def test_the_document_has_what_was_found_of_each_question_and_their_means(
    score: Score, data: Path
) -> None:
    document = score()
    names, recall = retrieval_metrics(K), f"recall@{K}"
    rows = document["questions"]
    assert list(rows) == ["found", "half", "missed"]
    assert [rows["found"][name] for name in names] == pytest.approx([1, 1, 1, 1])
    assert [rows["half"][name] for name in names] == pytest.approx([0.5, 0.5, 1, 1])
    assert [rows["missed"][name] for name in names] == [0, 0, 0, 0]
    fields = {"split", "k", "n", "unscored", "metrics", "kinds", "misses", "questions", "signature"}
    assert set(document) == fields
    assert [document[name] for name in ("split", "k", "n", "unscored")] == ["test", K, 3, 1]
    figures = {"all": document["metrics"], **document["kinds"]}
    means = {kind: (found[recall]["mean"], found[recall]["n"]) for kind, found in figures.items()}
    assert means == {"all": (0.5, 3), "list": (0, 1), "scope": (0.75, 2)}
    for found in figures.values():
        assert list(found) == names
        for figure in found.values():
            assert set(figure) == {"mean", "low", "high", "n", "clusters"}
    (miss,) = document["misses"]
    assert set(miss.pop("found")) == set(KITES)
    assert miss == {"id": "missed", "question": STRINGS, "evidence": BEES[:1]}
    # Questions of no kind are no kind, and none is missed where all is found.
    write_questions(data, [FOUND, {name: v for name, v in MISSED.items() if name != "kind"}])
    document = score("--k", "18")
    assert (document["n"], list(document["kinds"]), document["misses"]) == (2, ["scope"], [])


def test_documents_are_the_groups(score: Score, data: Path) -> None:
    write_questions(data, [FOUND, HALF, MISSED, *AGAIN])
    document = score()
    recalls = [row[f"recall@{K}"] for row in document["questions"].values()]
    of = ["wells", "kites", "bees", "wells", "wells", "wells", "wells", "bees"]
    assert [row["cluster"] for row in document["questions"].values()] == of
    expected = mean_interval(recalls, of)
    assert document["metrics"][f"recall@{K}"] == asdict(expected)
    assert (expected.low, expected.clusters) == (None, 3)


def test_intervals_go_no_further_than_scores_do(score: Score, data: Path, tmp_path: Path) -> None:
    """Of twelve questions on one document, the three sections found answer three."""
    shutil.copytree(
        write_data(tmp_path / "more", 12) / "corpus", data / "corpus", dirs_exist_ok=True
    )
    ids = [f"wells/s-{n}" for n in range(1, 13)]
    write_questions(data, [asked(id_, "scope", DEPTH, [id_]) for id_ in ids])
    document = score("--k", "3")
    recall = document["metrics"]["recall@3"]
    assert (recall["mean"], recall["clusters"]) == (0.25, 12)
    alone = mean_interval([row["recall@3"] for row in document["questions"].values()], ids)
    assert alone.low is not None
    assert alone.low < 0
    assert (recall["low"], recall["high"]) == (0, alone.high)


def test_questions_of_one_document_cluster_by_the_sections_they_share() -> None:
    evidence = [WELLS[:2], WELLS[1:3], WELLS[4:5]]
    first, second, third = clusters(
        [Question(**asked(str(n), "scope", DEPTH, ids)) for n, ids in enumerate(evidence)]
    )
    assert first == second != third


def test_the_signature_names_all_that_could_change_a_figure(score: Score, data: Path) -> None:
    before = score()["signature"]
    for part in ("data:", "split:test", "n:3", f"k:{K}", "ir-measures:", "by documents"):
        assert part in before
    assert score("--k", "3")["signature"] != before
    write_questions(data, [FOUND, HALF])
    assert score()["signature"].split(" | ")[0] != before.split(" | ")[0]


def test_a_retriever_differs_from_itself_by_nothing(score: Score, tmp_path: Path) -> None:
    before = score()
    (tmp_path / "a.json").write_text(json.dumps(before))
    document = score("--against", tmp_path / "a.json")
    assert document["against"]["signature"] == before["signature"]
    assert list(document["against"]["metrics"]) == retrieval_metrics(K)
    for change in document["against"]["metrics"].values():
        assert change == {"delta": 0, "low": None, "high": None, "n": 3, "clusters": 3}
    text = shown(document)
    for part in (
        f"recall@{K}",
        "0.500",
        "+0.000",
        "no interval below 10 groups of questions",
        "1 questions without evidence",
        "1 of 3 questions miss",
        f"missed  {STRINGS}",
        "evidence: bees/s-1; found first: kites/",
        "signature: data:",
        "the other: data:",
    ):
        assert part in text


def test_a_comparison_is_this_minus_the_other_on_what_both_were_asked(
    score: Score, command: list[str], data: Path, tmp_path: Path
) -> None:
    other = score()
    for row in other["questions"].values():
        row[f"recall@{K}"] = 0.25
    (tmp_path / "a.json").write_text(json.dumps(other))
    # Of the three, one has another text now and one is new: "found" and "missed" were asked both
    # times, and score 1 and 0.
    write_questions(data, [FOUND, HALF | {"question": f"{STRINGS} Say."}, MISSED, AGAIN[0]])
    change = score("--against", tmp_path / "a.json")["against"]["metrics"]
    assert change[f"recall@{K}"]["delta"] == pytest.approx(0.25)
    assert (change[f"recall@{K}"]["n"], change[f"recall@{K}"]["clusters"]) == (2, 2)
    assert change[f"map@{K}"]["delta"] == 0
    del other["questions"]["found"][f"recall@{K}"]
    (tmp_path / "a.json").write_text(json.dumps(other))
    said = refused(*command, "--against", tmp_path / "a.json")
    assert "a.json lacks a metric of a question" in said


def test_any_two_retrievers_compare(score: Score, tmp_path: Path, cross_encoder: Path) -> None:
    dense = score("--mode", "dense", "--k", "1")
    (tmp_path / "dense.json").write_text(json.dumps(dense))
    options = ["--mode", "sparse", "--k", "1", "--reranker", cross_encoder]
    other = score(*options, "--against", tmp_path / "dense.json")
    assert ",dense,edge,exact |" in other["against"]["signature"]
    assert ",sparse,50>reranker0@" in other["signature"]
    for name, change in other["against"]["metrics"].items():
        means = other["metrics"][name]["mean"], dense["metrics"][name]["mean"]
        assert change["delta"] == pytest.approx(means[0] - means[1])


def test_what_is_offered_is_what_the_retriever_takes() -> None:
    assert get_args(get_args(Mode)[0]) == MODES
    assert inspect.signature(Retriever).parameters["embedder"].default == DEFAULT_EMBEDDER


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("recall 0.9", "not JSON"),
        ('{"metrics": {}, "verdict": {}}', "it is not what --json prints"),
        ('{"signature": "s", "k": 5, "questions": {}}', "was scored at k 5, this at 6"),
        (
            '{"signature": "s", "k": 6, "questions": {"x": {"cluster": "x", "fingerprint": "0"}}}',
            "scored 1 questions, none of them",
        ),
        (
            '{"signature": "", "k": 6, "questions": {"found": {"cluster": "", "fingerprint": ""}}}',
            "with the same text and evidence",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_work(
    command: list[str], tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "a.json"
    if text is not None:
        path.write_text(text)
    status, output, error = spoken(*command, "--against", path)
    assert (status, output) == (2, "")
    assert error.startswith(f"error: {path}")
    assert said in error
    # One line: no stage was begun.
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--split", "tset"], "no question is in split 'tset'; splits are train, validation, test"),
        (["--embedder", "no-such-model"], "no model 'no-such-model'"),
        (["--reranker", "./nowhere"], "no model folder at"),
        (["--reranker", "minilm-l6"], "minilm-l6-b9a0018d-1 is no reranker"),
    ],
)
def test_wrong_options_are_named_with_status_2(
    command: list[str], options: list[str], said: str
) -> None:
    assert said in refused(*command, *options)


def test_a_split_without_evidence_has_nothing_to_score(command: list[str], data: Path) -> None:
    write_questions(data, [WITHOUT])
    said = refused(*command)
    # It named no column: a newcomer had filled `document` alone.
    for part in ("none of the 1 questions of split 'test'", "Fill the column evidence", "#page=3"):
        assert part in said


def shown(document: dict[str, Any]) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    show_retrieval(RetrievalScores.model_validate(document), console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_terminal_fits_80_columns_and_shows_text_as_it_is(
    score: Score, command: list[str], data: Path
) -> None:
    hostile = [{**MISSED, "id": f"m{n}", "question": HOSTILE, "kind": "all"} for n in range(12)]
    write_questions(data, [FOUND, *hostile])
    status, text, error = spoken(*command)
    assert status == 0
    assert "index" in error
    assert "… and 2 more" in text
    text = shown(score())
    assert "m0  [bold]How long\\x1b[31m may\\nthe strings[/bold] of a kite be?" in text
    assert "\x1b" not in text
    assert "m9" in text
    assert "m10" not in text
    assert max(len(line) for line in text.split("signature:")[0].splitlines()) <= 80
    # A kind named "all" is not taken for all.
    rows = [line.split()[1] for line in text.splitlines() if line.startswith("all ")]
    assert rows == ["0.077", "0.000"]
