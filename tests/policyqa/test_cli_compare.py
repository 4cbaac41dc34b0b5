"""``policyqa compare`` on logs that lm-eval left: of tasks that are not ours, from anywhere."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from reports.pairwise import Paired
from tests.conftest import completed, printed, refused, shown
from tests.logs import line, write_log, write_results

COLOURS = ["red", "green", "blue", "black"]
N = 24
STOCK = """
import json, sys
from lm_eval.__main__ import cli_evaluate

for arguments in json.loads(sys.argv[1]):
    sys.argv = ["lm_eval", *arguments]
    cli_evaluate()
"""
"""Several commands in one process: its import takes longer than they do."""


@pytest.fixture
def logs(tmp_path: Path) -> tuple[Path, Path]:
    """Two logs of four questions in two topics, of which A is better."""
    found = []
    for name, losses in (("a", (0.5, 0.25, 1.0, 0.75)), ("b", (1.0, 1.0, 1.5, 2.0))):
        lines = [
            line(n, {"text": f"{n}?", "topic": n // 2}, loss=loss, acc=name == "a" or n > 2)
            for n, loss in enumerate(losses)
        ]
        found.append(write_log(tmp_path / name, lines))
        write_results(tmp_path / name, {"loss": False, "acc": True})
    return found[0], found[1]


def test_options_pick_a_metric_a_condition_and_clusters(logs: tuple[Path, Path]) -> None:
    wanted = ["--by", "loss", "--cluster", "topic"]
    found = printed("compare", *logs, *wanted)
    for said in ("loss ↓", "-0.750", "acc ↑", "+0.750"):
        assert said in shown("compare", *logs)
    fields = ["a", "b", "where", "cluster", "n", "metrics", "notes", "conclusions", "signature"]
    assert list(found) == fields
    assert Paired.model_validate(found).as_json() == found
    (row,) = found["metrics"].values()
    assert (row["title"], row["higher_is_better"]) == ("loss", False)
    assert (row["n"], row["clusters"], row["delta"]) == (4, 2, -0.75)
    assert (row["low"], row["high"]) == (None, None)
    picked = printed("compare", *logs, "--where", "topic=1")
    assert (picked["n"], picked["metrics"]["loss"]["delta"]) == (2, -0.875)
    table = shown("compare", *logs, *wanted)
    (line,) = [line for line in table.splitlines() if line.startswith("loss ↓")]
    assert line.split()[-4:] == ["–", "0.500", "4", "2"]
    for said in ("share topic", "–: no interval below 10 groups of questions"):
        assert said in " ".join(table.split())


def test_a_log_steers_no_terminal(tmp_path: Path) -> None:
    hostile = "\x1b[2J[bold]acc\x9b31m"
    lines = [line(n, **{hostile: n, "\x1b]0;x\x07": "text"}) for n in range(3)]
    logs = [write_log(tmp_path / name, lines) for name in ("a", "b")]
    for options in ([], ["--json"]):
        text = shown("compare", *logs, *options)
        assert "[bold]" in text
        assert not {"\x1b", "\x9b", "\x07"} & set(text)
    lines[1][hostile] = "\x1b[2J"
    broken = write_log(tmp_path / "c", lines)
    assert "\x1b" not in refused("compare", broken, logs[0])


@pytest.fixture(scope="module")
def stock_logs(
    tiny_llama: Path, make_adapter: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A task of someone else's, asked of two models by the stock command."""
    folder = tmp_path_factory.mktemp("stock")
    asked = [(f"What is the colour of thing {n}?", n % 4, f"t{n // 3}") for n in range(N)]
    rows = [{"question": q, "choices": COLOURS, "gold": gold, "topic": t} for q, gold, t in asked]
    (folder / "things.json").write_text(json.dumps(rows))
    task = {
        "task": "things",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "things.json")}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}\nAnswer:",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "metric_list": [{"metric": "acc"}, {"metric": "brier_score"}],
    }
    (folder / "things.yaml").write_text(yaml.safe_dump(task))
    models = [
        f"pretrained={tiny_llama}",
        f"pretrained={tiny_llama},peft={make_adapter(tiny_llama)}",
    ]
    commands = [_stock(folder, f"out-{n}", model) for n, model in enumerate(models)]
    process = [sys.executable, "-c", STOCK, json.dumps(commands)]
    completed(process, folder, HF_HUB_OFFLINE="1", HF_DATASETS_CACHE=str(folder / "cache"))
    first, second = (next((folder / f"out-{n}").rglob("samples_things_*.jsonl")) for n in (0, 1))
    return first, second


def _stock(folder: Path, out: str, model: str) -> list[str]:
    """The arguments of a stock command."""
    asked = ["run", "--include_path", str(folder), "--tasks", "things", "--model", "hf"]
    asked += ["--model_args", model, "--device", "cpu", "--batch_size", "8", "--log_samples"]
    return [*asked, "--output_path", str(folder / out)]


@pytest.mark.slow
def test_logs_of_the_stock_command_are_compared(stock_logs: tuple[Path, Path]) -> None:
    found = printed("compare", *stock_logs)
    scores = []
    for log in stock_logs:
        results = json.loads(next(log.parent.glob("results_*.json")).read_text())
        scores.append(results["results"]["things"]["acc,none"])
    (row,) = found["metrics"].values()
    assert (row["a"], row["b"]) == pytest.approx(scores)
    assert scores[0] != scores[1]
    assert row["delta"] == pytest.approx(scores[0] - scores[1])
    assert row["low"] < row["delta"] < row["high"]
    assert (row["n"], row["clusters"], row["higher_is_better"]) == (N, N, True)
    assert any("brier_score is left out" in note for note in found["notes"])
    assert "lm_eval:0.4.13" in found["signature"]
    clustered = printed("compare", *stock_logs, "--cluster", "topic")
    assert clustered["metrics"]["acc"]["clusters"] == N // 3
    assert "acc ↑" in shown("compare", *stock_logs)


@pytest.mark.slow
def test_a_stock_log_of_other_questions_or_cut_between_them_is_one_line_and_status_2(
    stock_logs: tuple[Path, Path], tmp_path: Path
) -> None:
    lines = stock_logs[0].read_text().splitlines(keepends=True)
    results = next(stock_logs[0].parent.glob("results_*.json"))
    shutil.copy(results, tmp_path)
    log = tmp_path / stock_logs[0].name
    log.write_text("".join(lines[:5]))
    said = refused("compare", stock_logs[1], log)
    assert f"ends after 5 of the {N} questions" in said
    other = json.loads(lines[5]) | {"doc_hash": "0" * 64}
    log.write_text("".join([*lines[:5], json.dumps(other) + "\n", *lines[6:]]))
    assert "are of other questions: '5'" in refused("compare", log, stock_logs[1])
