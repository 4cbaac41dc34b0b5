"""The command line: one clear line and status 2 for wrong input, clean JSON where it is asked."""

import json
import re
import shutil
from pathlib import Path

import pytest

from harness.kept import Answer, Kept, Use
from policyqa.options import print_json
from tests.conftest import call, printed, refused, shown, spoken
from tests.reports.conftest import write_sweep_run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no-such-suite"], "no suite 'no-such-suite'"),
        (["report", "nowhere"], "no run folder"),
        (["compare", "nowhere:base/plain", "nowhere:sft/plain"], "no run folder"),
        *(
            (["compare", name, "runs/quick:base/plain"], f"{name!r} is no file, and no variant")
            for name in ("nowhere.jsonl", "samples_quiz", "", ":")
        ),
        (["train", "no-such-recipe"], "no recipe 'no-such-recipe'"),
        (["model", "fetch", "gpt-5"], "no model 'gpt-5' in the catalogue"),
        (["index", "build", "--data", "nowhere"], "needs a corpus there"),
        (["data", "info", "nowhere"], "questions.jsonl cannot be read"),
        (["convert", "meta-llama", "nowhere", "out"], "holds no params.json"),
        (["export", "./nowhere", "out", "--as", "int8"], "no model folder"),
        (["cache", "clear"], "say what to forget"),
        (["cache", "clear", "--all", "--suite", "quick"], "say what to forget"),
        (["ask", "smollm2-135m", " …\t"], "has no text"),
        (["ask", "./nowhere", "Who?"], "no model folder"),
        (["ask", "no-such-model", "Who?"], "policyqa model list"),
        (["ask", "smollm2-135m", "Who?", "--k", "3"], "--k without --rag"),
        (["ask", "smollm2-135m", "Who?", "--rag", "--data", "nowhere"], "needs a corpus there"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    assert said in refused(*arguments)


def test_report_prints_one_json_document_and_writes_markdown(
    made_up_run: Path, tmp_path: Path
) -> None:
    target = tmp_path / "report.md"
    rag = printed("report", made_up_run, "--markdown", target)["variants"]["sft-rag/rag"]
    assert rag["vs_baseline"]["bleu"]["delta"] == pytest.approx(0.3)
    assert target.read_text().startswith("# Suite quick")


def test_report_writes_the_chart_of_a_sweep_alone_and_links_it(
    made_up_run: Path, tmp_path: Path
) -> None:
    chart, markdown = tmp_path / "pictures" / "sweep.svg", tmp_path / "report.md"
    assert "policyqa run sweep" in refused("report", made_up_run, "--chart", chart)
    assert not chart.exists()
    sweep = write_sweep_run(tmp_path / "sweep")
    assert call("report", sweep, "--chart", chart, "--markdown", markdown) == 0
    assert chart.read_text().startswith("<?xml")
    assert "](<pictures/sweep.svg>)" in markdown.read_text()
    # Without one of its own, that of the run, if there is one.
    assert call("report", sweep, "--markdown", markdown) == 0
    assert "svg" not in markdown.read_text()
    shutil.copy(chart, sweep)
    assert call("report", sweep, "--markdown", markdown) == 0
    assert "](<sweep/sweep.svg>)" in markdown.read_text()


def test_what_is_kept_is_shown_and_forgotten_by_suite_data_and_model(
    own_home: Path,  # noqa: ARG001
    tmp_path: Path,
) -> None:
    assert "nothing is kept yet" in shown("cache", "info")
    kept = Kept()
    for name in ("a", "b", "c"):
        kept.keep_batch(name, [name], [Answer(f"said by {name}", 1, 1, 0.5)])
        kept.keep_scores("bleu:x", {name: 0.5})
        use = Use(f"suite-{name}", str(tmp_path / f"data-{name}"), f"model-{name}")
        for kind in ("answer", "score"):
            kept.used(use, kind, [name])
    told = shown("cache", "info")
    assert all(word in told for word in ("suite-a", "model-c", "kept.sqlite"))
    gone = shown("cache", "clear", "--data", tmp_path / "data-a")
    assert gone == "forgotten: 1 answers and 1 scores\n"
    assert call("cache", "clear", "--model", "model-b", "--suite", "suite-a") == 0
    assert printed("cache", "clear", "--model", "model-b") == {"answers": 1, "scores": 1}
    (row,) = printed("cache", "info")["kept"]
    assert (row["suite"], row["answers"], row["characters"]) == ("suite-c", 1, len("said by c"))
    assert call("cache", "clear", "--all") == 0
    assert kept.info() == []


def test_documents_alone_are_imported_counted_and_searched(tmp_path: Path) -> None:
    documents, out = tmp_path / "documents", tmp_path / "data"
    documents.mkdir()
    (documents / "bees.md").write_text("# Bees\n\n## Hives\n\nForty metres.\n\n## Fees\n\nNone.\n")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 garbage")
    said = shown("data", "import", documents, "--out", out)
    assert "broken.pdf: is no readable PDF" in said
    assert "policyqa data draft" in said
    found = printed("data", "info", out)
    assert (found["frameworks"], found["sections"], found["questions"]) == (1, 2, 0)
    assert call("data", "import", str(documents), "--out", str(out)) == 2


def test_findings_are_one_line_each_and_status_1(data: Path) -> None:
    wanted = ["--skip", "copy", "--skip", "duplicate", "--skip", "give-away"]
    assert shown("data", "check", data, *wanted) == "clean: no check found anything\n"
    path = data / "questions.jsonl"
    path.write_text(path.read_text().replace('"Part 2"', '"Part 99"', 1))
    status, text, _ = spoken("data", "check", data, *wanted)
    assert status == 1
    assert text.splitlines() == [
        "questions.jsonl:2: citation: 'Part 99' stands nowhere in its evidence",
        "1 findings: 1 citation",
    ]
    status, text, _ = spoken("data", "check", data, *wanted, "--json")
    assert status == 1
    (finding,) = json.loads(text)["findings"]
    assert (finding["check"], finding["place"]) == ("citation", "questions.jsonl:2")


@pytest.mark.usefixtures("minilm")
def test_search_finds_the_section_that_answers(data: Path) -> None:
    question = "how deep is a well?"
    hits = printed("index", "search", question, "--data", data, "--k", "2")
    assert len(hits) == 2
    assert hits[0]["id"].startswith("wells/")


@pytest.mark.parametrize(
    "arguments",
    [
        ["model", "fetch", "gemma3-270m"],
        ["run", "suite.yaml"],
        ["train", "smollm2-135m-sft", "--model", "gemma3-270m"],
        ["train", "smollm2-135m-sft", "--model", "gemma3-270m", "--dry-run"],
        ["ask", "gemma3-270m", "Who?"],
    ],
)
def test_a_model_whose_terms_are_not_accepted_ends_it_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    suite = "name: s\nmodel: gemma3-270m\nmodels: {other: {base: smollm2-135m}}\n"
    Path("suite.yaml").write_text(suite + "variants: [other/plain, base/plain]\n")
    line = refused(*arguments)
    assert line.startswith("error: gemma3-270m is not fetched")
    assert "https://ai.google.dev/gemma/terms" in line
    assert line.endswith("policyqa model fetch gemma3-270m --accept-terms")
    assert [path.name for path in tmp_path.iterdir()] == ["suite.yaml"]


def test_models_are_listed_with_state_and_terms_and_fetched_into_the_folder_named_last(
    minilm: Path,
) -> None:
    assert shown("model", "fetch", "minilm-l6").splitlines()[-1] == str(minilm)
    rows = dict(line.split(maxsplit=1) for line in shown("model", "list").splitlines())
    assert rows["minilm-l6"].endswith("(Apache-2.0; fetched)")
    assert "(Gemma Terms of Use, https://ai.google.dev/gemma/terms; " in rows["gemma3-270m"]


def test_json_steers_no_terminal_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"answer": "72 hours\x9b31m \x7f é"}
    print_json(value)
    printed = capsys.readouterr().out
    assert not any(c in printed for c in "\x7f\x9b")
    assert json.loads(printed) == value


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "a\x1b]0;owned\x07\u202eb"),
        ("data", "check", "a[/b]"),  # It died in rich's markup.
        ("data", "check", "x" * 300),  # A traceback, as was each of the following.
        ("data", "check", "a\udcff"),  # A name that is not UTF-8, as Python has it.
        ("compare", "a\nb:c", "d"),
        ("run", "\x9b31m.yaml"),
    ],
)
def test_a_name_that_steers_a_terminal_or_cannot_be_is_refused_in_one_inert_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refused(*arguments)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]", line)
