"""The command line: one clear line and status 2 for wrong input, clean JSON where it is asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.kept import Answer, Kept, Use
from policyqa import cli
from policyqa.options import print_json
from tests.reports.conftest import write_sweep_run


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command in this process; returns its status."""
    monkeypatch.setattr(sys, "argv", ["policyqa", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no-such-suite"], "no suite 'no-such-suite'"),
        (["report", "nowhere"], "no run folder"),
        (["compare", "nowhere:base/plain", "nowhere:sft/plain"], "no run folder"),
        (["compare", "base/plain", "sft/plain"], "has not the form RUN:VARIANT"),
        (["train", "no-such-recipe"], "no recipe 'no-such-recipe'"),
        (["model", "fetch", "gpt-5"], "no model 'gpt-5' in the catalogue"),
        (["index", "build", "--data", "nowhere"], "needs a corpus there"),
        (["data", "info", "nowhere"], "questions.jsonl cannot be read"),
        (["convert", "meta-llama", "nowhere", "out"], "holds no params.json"),
        (["export", "./nowhere", "out", "--as", "int8"], "no model folder"),
        (["cache", "clear"], "say what to forget"),
        (["cache", "clear", "--all", "--suite", "quick"], "say what to forget"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    assert call(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1


def test_report_prints_one_json_document_and_nothing_else(
    made_up_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    target = tmp_path / "report.md"
    assert call(monkeypatch, "report", str(made_up_run), "--json", "--markdown", str(target)) == 0
    printed = json.loads(capsys.readouterr().out)
    rag = printed["variants"]["sft-rag/rag"]
    assert rag["vs_baseline"]["bleu"]["delta"] == pytest.approx(0.3)
    assert target.read_text().startswith("# Suite quick")


def test_report_writes_the_chart_of_a_sweep_and_links_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = str(write_sweep_run(tmp_path / "run"))
    chart, markdown = tmp_path / "pictures" / "sweep.svg", tmp_path / "report.md"
    wanted = ["--chart", str(chart), "--markdown", str(markdown)]
    assert call(monkeypatch, "report", run, *wanted) == 0
    assert chart.read_text().startswith("<?xml")
    assert "](<pictures/sweep.svg>)" in markdown.read_text()


def test_a_chart_of_no_sweep_is_wrong_input(
    made_up_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    chart = tmp_path / "sweep.svg"
    assert call(monkeypatch, "report", str(made_up_run), "--chart", str(chart)) == 2
    assert "policyqa run sweep" in capsys.readouterr().err
    assert not chart.exists()


def test_what_is_kept_is_shown_and_forgotten_by_suite_data_and_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))
    assert call(monkeypatch, "cache", "info") == 0
    assert "nothing is kept yet" in capsys.readouterr().out
    kept = Kept()
    for name in ("a", "b", "c"):
        kept.keep_batch(name, [name], [Answer(f"said by {name}", 1, 1, 0.5)])
        kept.keep_scores("bleu:x", {name: 0.5})
        use = Use(f"suite-{name}", str(tmp_path / f"data-{name}"), f"model-{name}")
        for kind in ("answer", "score"):
            kept.used(use, kind, [name])
    assert call(monkeypatch, "cache", "info") == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("suite-a", "model-c", "kept.sqlite"))
    assert call(monkeypatch, "cache", "clear", "--data", str(tmp_path / "data-a")) == 0
    assert capsys.readouterr().out == "forgotten: 1 answers and 1 scores\n"
    assert call(monkeypatch, "cache", "clear", "--model", "model-b", "--suite", "suite-a") == 0
    assert call(monkeypatch, "cache", "clear", "--model", "model-b", "--json") == 0
    capsys.readouterr()
    assert call(monkeypatch, "cache", "info", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["kept"]
    assert (row["suite"], row["answers"], row["characters"]) == ("suite-c", 1, len("said by c"))
    assert call(monkeypatch, "cache", "clear", "--all") == 0
    assert kept.info() == []


def test_documents_alone_are_imported_counted_and_searched(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    documents, out = tmp_path / "documents", tmp_path / "data"
    documents.mkdir()
    (documents / "bees.md").write_text("# Bees\n\n## Hives\n\nForty metres.\n\n## Fees\n\nNone.\n")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 garbage")
    assert call(monkeypatch, "data", "import", str(documents), "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert "broken.pdf: is no readable PDF" in said
    assert "policyqa index search" in said
    assert call(monkeypatch, "data", "info", str(out), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["frameworks"], found["sections"], found["questions"]) == (1, 2, 0)
    assert call(monkeypatch, "data", "import", str(documents), "--out", str(out)) == 2


def test_findings_are_one_line_each_and_status_1(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["--skip", "copy", "--skip", "duplicate", "--skip", "give-away"]
    assert call(monkeypatch, "data", "check", str(data), *wanted) == 0
    assert capsys.readouterr().out == "clean: no check found anything\n"
    path = data / "questions.jsonl"
    path.write_text(path.read_text().replace('"Part 2"', '"Part 99"', 1))
    assert call(monkeypatch, "data", "check", str(data), *wanted) == 1
    assert capsys.readouterr().out.splitlines() == [
        "questions.jsonl:2: citation: 'Part 99' stands nowhere in its evidence",
        "1 findings: 1 citation",
    ]
    assert call(monkeypatch, "data", "check", str(data), *wanted, "--json") == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["check"], finding["place"]) == ("citation", "questions.jsonl:2")


def test_search_finds_the_section_that_answers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    search = ["index", "search", "how deep is a well?", "--data", str(data), "-k", "2", "--json"]
    search[search.index("-k")] = "--k"
    assert call(monkeypatch, *search) == 0
    hits = json.loads(capsys.readouterr().out)
    assert len(hits) == 2
    assert hits[0]["id"].startswith("wells/")


def test_fetching_a_model_prints_its_folder_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], minilm: Path
) -> None:
    assert call(monkeypatch, "model", "fetch", "minilm-l6") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(minilm)


def test_the_installed_command_answers() -> None:
    command = Path(sys.executable).with_name("policyqa")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    for name in ("run", "report", "train", "eval", "register-tasks", "index", "model", "cache"):
        assert name in done.stdout


def test_json_steers_no_terminal_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"answer": "72 hours\x9b31m \x7f é"}
    print_json(value)
    printed = capsys.readouterr().out
    assert not any(c in printed for c in "\x7f\x9b")
    assert json.loads(printed) == value
