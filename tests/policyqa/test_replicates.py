"""Several seeds of a recipe, and several draws of an answer, are one variant."""

from pathlib import Path
from typing import Any

import pytest

from finetune.checkpoint import adapter_hash
from harness.runs import read_result
from policyqa.suite import Suite
from tests.conftest import new_home
from tests.policyqa.conftest import run, suite_of, write_recipe


def suite(model: Path, data: Path, folder: Path, **more: Any) -> Suite:
    row = {"base": str(model), "recipe": write_recipe(folder / "mine.yaml", learning_rate=0.05)}
    given = {
        "metrics": ["bleu", "rouge_l", "false_answer", "corpus_bleu"],
        "models": {"tuned": row | {"seeds": [7, 8]}, "eight": row | {"seeds": [8]}},
        "decoding": {"max_tokens": 12},
    }
    return suite_of(model, data, **given | more)


def test_seeds_are_trained_apart_and_shown_as_one(
    tiny_llama: Path, data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    variants = ["base/plain", "tuned/plain", "eight/plain"]
    wanted = suite(tiny_llama, data, tmp_path, variants=variants)
    out = tmp_path / "run"
    comparison = run(wanted, out)
    links = {link.name: link.resolve() for link in (out / "checkpoints").iterdir()}
    assert set(links) == {"tuned+seed=7", "tuned+seed=8", "eight+seed=8"}
    # One training of one seed, however it is named.
    assert links["tuned+seed=8"] == links["eight+seed=8"] != links["tuned+seed=7"]
    tuned, eight = read_result(out, "tuned/plain"), read_result(out, "eight/plain")
    seven, of_eight = tuned.replicates
    assert {key: one.text for key, one in of_eight.items()} == {
        key: one.text for key, one in eight.outcomes.items()
    }
    assert list(seven) == list(of_eight)
    assert adapter_hash(links["tuned+seed=7"]) != adapter_hash(links["tuned+seed=8"])
    entry = comparison["variants"]["tuned/plain"]
    assert (entry["n"], entry["replicates"]) == (3, 2)
    values = [one.values["rouge_l"] for answers in tuned.replicates for one in answers.values()]
    assert entry["metrics"]["rouge_l"]["mean"] == pytest.approx(sum(values) / 6)
    assert "n = 3 × 2<br>in 3 groups" in (out / "report.md").read_text()
    assert "and over seeds and draws" in comparison["signature"]
    request.getfixturevalue("no_model")
    assert run(wanted, tmp_path / "again") == comparison


def test_draws_differ_and_are_the_same_when_they_are_made_again(
    tiny_llama: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = "base/plain+temperature=1.5"
    more = {
        "variants": ["base/plain", variant],
        "decoding": {"max_tokens": 12, "repeats": 2},
        "batch_size": 1,
    }

    def drawn(out: str, **changes: Any) -> list[dict[str, str]]:
        run(suite(tiny_llama, data, tmp_path, **more | changes), tmp_path / out)
        result = read_result(tmp_path / out, variant)
        return [{i: one.text for i, one in draw.items()} for draw in result.replicates]

    first, second = drawn("undisturbed")
    # A random model never ends by itself.
    assert "100% cut" in (tmp_path / "undisturbed" / "report.md").read_text()
    assert set(first) == set(second)
    assert all(first[question] != second[question] for question in first)
    greedy = read_result(tmp_path / "undisturbed", "base/plain")
    assert (len(greedy.replicates), greedy.cost["cut"]) == (1, 1.0)
    # From an empty store, stopped after one question of each draw.
    new_home(tmp_path / "other", monkeypatch)
    begun = drawn("killed", limit=1)
    assert [list(one) for one in begun] == [list(begun[0])] * 2
    assert drawn("killed") == [first, second]
