"""``policyqa compare`` on logs that lm-eval left: of tasks that are not ours, from anywhere."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.logs import line, write_log, write_results
from tests.reports.conftest import call

COLOURS = ["red", "green", "blue", "black"]
N = 24


def shown(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What the command prints, with status 0."""
    assert call("compare", *arguments) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line it says, with status 2."""
    assert call("compare", *arguments) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("error: ")
    assert found.err.count("\n") == 1
    return found.err


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


def test_two_logs_are_shown_with_the_way_that_is_better(
    logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, *logs)
    assert "loss ↓" in text
    assert "-0.750" in text
    assert "acc ↑" in text
    assert "+0.750" in text


def test_options_pick_a_metric_a_condition_and_clusters(
    logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["--by", "loss", "--cluster", "topic", "--json"]
    found = json.loads(shown(capsys, *logs, *wanted))
    fields = ["a", "b", "where", "cluster", "n", "metrics", "notes", "conclusions", "signature"]
    assert list(found) == fields
    (row,) = found["metrics"].values()
    assert (row["title"], row["higher_is_better"]) == ("loss", False)
    assert (row["n"], row["clusters"], row["delta"]) == (4, 2, -0.75)
    assert (row["low"], row["high"]) == (None, None)
    picked = json.loads(shown(capsys, *logs, "--where", "topic=1", "--json"))
    assert (picked["n"], picked["metrics"]["loss"]["delta"]) == (2, -0.875)
    table = shown(capsys, *logs, *wanted[:-1])
    (line,) = [line for line in table.splitlines() if line.startswith("loss ↓")]
    assert line.split()[-3:] == ["–", "4", "2"]
    for said in ("share topic", "–: no interval below 10 groups of questions"):
        assert said in " ".join(table.split())


def test_what_the_output_assumes_is_told(
    logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for log in logs:
        next(log.parent.glob("results_*.json")).unlink()
    assert "higher counts as better" in " ".join(shown(capsys, *logs).split())


def test_a_log_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[2J[bold]acc\x9b31m"
    lines = [line(n, **{hostile: n, "\x1b]0;x\x07": "text"}) for n in range(3)]
    logs = [write_log(tmp_path / name, lines) for name in ("a", "b")]
    for options in ([], ["--json"]):
        text = shown(capsys, *logs, *options)
        assert "[bold]" in text
        assert not {"\x1b", "\x9b", "\x07"} & set(text)
    lines[1][hostile] = "\x1b[2J"
    broken = write_log(tmp_path / "c", lines)
    assert "\x1b" not in refused(capsys, broken, logs[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "f1"], "'f1' is no metric of both; there are loss; acc"),
        (
            ["--cluster", "colour"],
            "'0' has no field 'colour' to cluster by; it has 'text'",
        ),
        (["--where", "topic"], "has not the form FIELD=VALUE"),
        (["--where", "topic=9"], "no question with topic=9 in common"),
    ],
)
def test_an_option_of_what_there_is_not_is_one_line_and_status_2(
    logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert said in refused(capsys, *logs, *options)


@pytest.mark.parametrize("name", ["nowhere.jsonl", "samples_quiz", "", ":"])
def test_what_is_no_file_and_no_variant_is_one_line_and_status_2(
    logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said = refused(capsys, logs[0], name)
    assert f"{name!r} is no file, and no variant of a run" in said


def edited(log: Path, change: Callable[[list[dict[str, Any]]], Any]) -> Path:
    """The log with its lines changed, beside the same results."""
    lines = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
    change(lines)
    folder = log.parent / "edited"
    folder.mkdir(exist_ok=True)
    copy = folder / log.name
    copy.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def stock_logs(
    tiny_llama: Path,
    make_adapter: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    """A task of someone else's, asked of two models by the stock command."""
    folder = tmp_path_factory.mktemp("stock")
    rows = [
        {
            "question": f"What is the colour of thing {n}?",
            "choices": COLOURS,
            "gold": n % 4,
            "topic": f"t{n // 3}",
        }
        for n in range(N)
    ]
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
    found = [_ask(folder, f"out-{n}", model) for n, model in enumerate(models)]
    return found[0], found[1]


def _ask(folder: Path, out: str, model: str) -> Path:
    """Run the stock command; returns its sample log."""
    command = [sys.executable, "-m", "lm_eval", "run", "--include_path", str(folder)]
    command += ["--tasks", "things", "--model", "hf", "--model_args", model, "--device", "cpu"]
    command += ["--batch_size", "8", "--log_samples", "--output_path", str(folder / out)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return next((folder / out).rglob("samples_things_*.jsonl"))


@pytest.mark.slow
def test_logs_of_the_stock_command_are_compared(
    stock_logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(shown(capsys, *stock_logs, "--json"))
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
    clustered = json.loads(shown(capsys, *stock_logs, "--cluster", "topic", "--json"))
    assert clustered["metrics"]["acc"]["clusters"] == N // 3
    assert "acc ↑" in shown(capsys, *stock_logs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines.append(lines[3]), f":{N + 1}: question 3 stands in "),
        (lambda lines: lines[2].update(acc=float("nan")), ":3: the value of acc is nan"),
        (lambda lines: lines[4].update(acc="right"), ":5: the value of acc is 'right'"),
        (lambda lines: lines[5].update(doc_hash="0" * 64), "are of other questions: '5'"),
        (
            lambda lines: [one.update(doc_id=one["doc_id"] + N) for one in lines],
            "no question in common",
        ),
        (lambda lines: lines.clear(), ":1: the file is empty"),
    ],
    ids=["doubled", "NaN", "text", "other questions", "none in common", "empty"],
)
def test_a_stock_log_that_was_changed_is_one_line_and_status_2(
    stock_logs: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[dict[str, Any]]], Any],
    said: str,
) -> None:
    assert said in refused(capsys, edited(stock_logs[0], change), stock_logs[1])


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_stock_log_that_was_cut_is_one_line_and_status_2(
    stock_logs: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kept: float,
) -> None:
    text = stock_logs[0].read_bytes()
    cut = tmp_path / stock_logs[0].name
    cut.write_bytes(text[: int(len(text) * kept)])
    assert ": not JSON" in refused(capsys, cut, stock_logs[1])
    by_line = tmp_path / "whole lines" / stock_logs[0].name
    by_line.parent.mkdir()
    by_line.write_bytes(b"".join(text.splitlines(keepends=True)[:5]))
    results = next(stock_logs[0].parent.glob("results_*.json"))
    (by_line.parent / results.name).write_bytes(results.read_bytes())
    assert f"ends after 5 of the {N} questions" in refused(capsys, stock_logs[1], by_line)
