"""A run's figures are right, and every report shows them with what they rest on."""

import json
import random
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.errors import ConfigError, RunError
from harness.metrics import make_metrics
from harness.runs import MANIFEST, RECORD, read_result, variant_folder
from policyqa.scoring import COSTS
from reports.comparison import compare_run
from reports.markdown import markdown
from tests.conftest import call
from tests.reports.conftest import amending, shown
from tests.reports.made_up import FLOORS, SHIFT

QUALITY = [metric.name for metric in make_metrics() if metric.kind != "rate"]


def test_a_comparison_has_the_shape_of_our_json(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert list(comparison["variants"]) == [*FLOORS, *SHIFT]
    assert (comparison["baseline"], comparison["floor"]) == ("base/plain", "floor/sentence")
    assert list(comparison["metrics"]) == [metric.name for metric in make_metrics()]
    assert "sweep" not in comparison
    for name, entry in comparison["variants"].items():
        assert entry["n"] == 40
        assert entry["floor"] is (name in FLOORS)
        assert list(entry["metrics"]) == QUALITY
        for metric in QUALITY:
            assert set(entry["metrics"][metric]) == {"mean", "low", "high", "n", "clusters"}
            if name != "base/plain":
                change = entry["vs_baseline"][metric]
                assert set(change) == {"delta", "low", "high", "n", "clusters"}
                assert change["delta"] == pytest.approx((FLOORS | SHIFT)[name])
                assert change["low"] == pytest.approx(change["high"])
                assert (change["n"], change["clusters"]) == (40, 20)
    assert "vs_baseline" not in comparison["variants"]["base/plain"]


def test_what_no_language_model_answered_cost_nothing(made_up_run: Path) -> None:
    variants = compare_run(made_up_run)["variants"]
    cost = {"prompt_tokens": 1230.0, "answer_tokens": 12.5, "seconds": 0.5}
    assert variants["sft/plain"]["cost"] == dict.fromkeys(COSTS) | cost
    assert variants["floor/echo"]["cost"] == dict.fromkeys(COSTS)


def test_the_baseline_is_the_one_of_the_manifest_whatever_its_name(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["baseline"] = "sft/plain"
    comparison = compare_run(made_up_run)
    assert comparison["baseline"] == "sft/plain"
    for name, entry in comparison["variants"].items():
        assert ("vs_baseline" in entry) is (name != "sft/plain")
        if name != "sft/plain":
            expected = pytest.approx((FLOORS | SHIFT)[name] - 0.1)
            assert entry["vs_baseline"]["bleu"]["delta"] == expected
    assert "what each adds to sft/plain" in shown(comparison)


def test_every_variant_but_the_floors_stands_beside_the_floor(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    beside = {
        name: one["vs_floor"] for name, one in comparison["variants"].items() if "vs_floor" in one
    }
    assert list(beside) == list(SHIFT)
    for name, changes in beside.items():
        for metric in QUALITY:
            assert changes[metric]["delta"] == pytest.approx(SHIFT[name] - 0.05)
            assert changes[metric]["n"] == 40
    assert "Beside the floor: each variant minus floor/sentence" in markdown(comparison)


def test_without_that_floor_nothing_stands_beside_it(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        del manifest["variants"]["floor/sentence"]
    comparison = compare_run(made_up_run)
    assert comparison["floor"] is None
    assert not any("vs_floor" in entry for entry in comparison["variants"].values())
    assert "Beside the floor" not in shown(comparison) + markdown(comparison)


def test_abstention_is_told_by_whether_the_evidence_was_shown(made_up_run: Path) -> None:
    variants = compare_run(made_up_run)["variants"]
    rag, plain = variants["sft-rag/rag"], variants["sft/plain"]["rates"]
    counted = {name: (one["mean"], one["n"]) for name, one in rag["rates"].items()}
    assert counted == {
        "false_answer": (0.0, 10),
        "over_refusal": (0.0, 20),
        "abstained": (1.0, 10),
        "evidence_shown": (pytest.approx(2 / 3), 30),
    }
    assert rag["rates"]["false_answer"]["high"] == pytest.approx(0.2775, abs=1e-4)
    counted = {name: (one["mean"], one["n"]) for name, one in plain.items()}
    assert counted == {
        "false_answer": (1.0, 10),
        "abstained": (0.0, 30),
        "evidence_shown": (0.0, 30),
    }
    # Of refusing, only where neither was shown the evidence: base was shown none.
    changes = rag["vs_baseline"]
    assert "over_refusal" not in changes
    assert (changes["abstained"]["delta"], changes["abstained"]["n"]) == (1.0, 10)
    assert (changes["false_answer"]["delta"], changes["false_answer"]["n"]) == (-1.0, 10)


def test_questions_are_paired_by_id_whatever_their_order_in_the_logs(made_up_run: Path) -> None:
    for name, left_out in (("base/plain", "q39"), ("sft/plain", "q0")):
        (path,) = variant_folder(made_up_run, name).glob("samples_*.jsonl")
        lines = path.read_text().splitlines()
        random.Random(name).shuffle(lines)  # noqa: S311
        kept = [line for line in lines if json.loads(line)["doc"]["id"] != left_out]
        path.write_text("\n".join(kept) + "\n")
    sft = compare_run(made_up_run)["variants"]["sft/plain"]
    assert sft["n"] == 39
    change = sft["vs_baseline"]["rouge_l"]
    assert (change["low"], change["high"]) == pytest.approx((0.1, 0.1))
    assert (change["n"], change["clusters"]) == (38, 19)


def test_published_figures_are_shown_by_the_suites_that_name_them_alone(made_up_run: Path) -> None:
    """They were printed under any suite that had a variant of these names."""
    comparison = compare_run(made_up_run)
    named = comparison["published"]["variants"]
    assert list(named) == ["base/plain", "sft/plain", "sft/engineered", "sft-rag/rag"]
    assert named["sft-rag/rag"]["rouge_l"] == 0.51
    for text in (shown(comparison), markdown(comparison)):
        assert "RAG-enhanced" in text
        assert "0.572 (0.51)" in text
        assert "LLaMA-2-7B" in text
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["suite"]["published"] = None
    comparison = compare_run(made_up_run)
    assert comparison["published"] is None
    for text in (shown(comparison), markdown(comparison)):
        assert "RAG-enhanced" not in text
        assert "ublished" not in text.replace("as in the published work", "")
        assert "LLaMA" not in text


def test_published_figures_stand_last(made_up_run: Path) -> None:
    # They stood before the user's own rates, and looked like a part of what was measured.
    for text in (shown(compare_run(made_up_run)), markdown(compare_run(made_up_run))):
        titles = ("Variants of suite", "Beside the floor", "Abstention and ev", "Ours (published)")
        places = [text.index(title) for title in titles]
        assert places == sorted(places)


def test_the_tables_say_what_the_groups_are(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert comparison["groups"] == {"n": 20, "by": {"section": 30, "question": 10}}
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["evidence"] = {"section": 24, "page": 4, "document": 2}
    said = " ".join(markdown(compare_run(made_up_run)).split())
    assert (
        "The 40 questions make 20 groups, by the sections of their evidence (24); the pages of it "
        "(4); the document, where no more is known (2); nothing that is known, each by itself (10)."
    ) in said


def test_few_groups_decide_nothing_and_that_is_said(made_up_run: Path) -> None:
    # n = 8, both intervals beyond 0, and no word of how little that is.
    said = "Groups of questions: 16. Intervals of fewer than 20 are too narrow"
    assert "decides nothing" not in shown(compare_run(made_up_run))
    for folder in (made_up_run / "variants").glob("*/*"):
        (path,) = folder.glob("samples_*.jsonl")
        path.write_text("\n".join(path.read_text().splitlines()[:32]) + "\n")
    for text in (shown(compare_run(made_up_run)), markdown(compare_run(made_up_run))):
        assert said in " ".join(text.split())


def test_published_figures_are_of_the_variants_there_are(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        del manifest["variants"]["sft-rag/rag"]
    assert "sft-rag/rag" not in compare_run(made_up_run)["published"]["variants"]
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["variants"] = {"floor/echo": manifest["variants"]["floor/echo"]}
        manifest["baseline"] = "floor/echo"
    comparison = compare_run(made_up_run)
    assert comparison["published"]["variants"] == {}
    assert "LLaMA" not in shown(comparison)


def test_published_figures_that_are_not_there_are_named(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["suite"]["published"] = "gpt-5"
    with pytest.raises(ConfigError, match="no published figures 'gpt-5'; there are llama2-7b"):
        compare_run(made_up_run)


def test_an_unfinished_run_is_named(made_up_run: Path) -> None:
    (variant_folder(made_up_run, "sft/plain") / RECORD).unlink()
    with pytest.raises(RunError, match="no finished variant sft/plain"):
        compare_run(made_up_run)


def test_a_variant_that_is_none_of_the_run_is_named(made_up_run: Path) -> None:
    with pytest.raises(
        RunError, match=r"has no variant base/rag; it has floor/echo, .*sft-rag/rag"
    ):
        read_result(made_up_run, "base/rag")


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        compare_run(tmp_path)


def test_a_run_of_an_earlier_version_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"suite": {"arms": ["base/plain"]}, "hashes": {}}))
    named = f"{tmp_path}:base/plain"
    for command in (
        ["report", tmp_path],
        ["report", tmp_path, "--json"],
        ["compare", named, named],
    ):
        assert call(*command) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"error: {tmp_path} was made by a version before 0.6")
        assert said.err.endswith("policyqa run SUITE --out FOLDER\n")
        assert said.err.count("\n") == 1


def test_the_terminal_fits_80_columns_and_shows_the_figures(made_up_run: Path) -> None:
    text = shown(compare_run(made_up_run))
    assert max(len(line) for line in text.splitlines()) <= 80
    tables = text.split("Variants: under each score")[0]
    assert "…" not in tables
    for part in (
        "RAG-enhanced",
        "sft-rag/engineered",
        "+0.300",
        "[+.300, +.300]",
        "+0.250",
        "[+.250, +.250]",
        "1242 tok",
        "n = 40",
        "[.72, 1.00]",
        "n = 10",
    ):
        assert part in tables
    assert tables.count("sft-rag/engineered") == 3  # Whole in every table it is in.
    assert "signature: suite:quick" in text


def test_a_long_name_goes_on_in_the_next_line(made_up_run: Path) -> None:
    name = "sft-rag/engineered@int8"
    comparison = compare_run(made_up_run)
    variants = comparison["variants"]
    variants[name] = variants.pop("sft-rag/engineered")
    text = shown(comparison)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.split("Variants: under each score")[0]
    assert "[-.100, -.100]" in text
    assert "".join(line.split(" ")[0] for line in text.splitlines()).count(name) == 3


def test_markdown_shows_the_figures_and_keeps_text_in_its_cells(made_up_run: Path) -> None:
    text = markdown(compare_run(made_up_run))
    rows = [line for line in text.splitlines() if line.startswith("| sft-rag/rag")]
    assert len(rows) == 3
    variant, floor, rates = rows
    assert "0.00<br>[.00, .28]<br>n = 10" in rates
    # A cell a metric; beside them the name, and the cost of the variant.
    counted = [row.count("|") - row.count("\\|") for row in rows]
    assert counted == [len(QUALITY) + 3, len(QUALITY) + 2, 4 + 2]
    assert "+0.300" in variant
    assert "+0.250" in floor
    assert "Machine: abacus, 2 cores, cpu." in text


def test_a_table_of_many_metrics_is_shown_in_parts_and_nothing_is_cut(made_up_run: Path) -> None:
    # With one more metric names folded to five characters, and then figures were cut.
    comparison = compare_run(made_up_run)
    for more in ("chrf", "meteor", "judge"):
        comparison["metrics"][more] = {**comparison["metrics"]["bleu"], "title": more}
        for entry in comparison["variants"].values():
            entry["metrics"][more] = entry["metrics"]["bleu"]
            for other in ("vs_baseline", "vs_floor"):
                if other in entry:
                    entry[other][more] = entry[other]["bleu"]
    text = shown(comparison)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.replace("floor/…", "")
    assert all(title in text for title in ("chrf", "meteor", "judge"))
    assert text.count("\nsft/engineered") >= 4


def test_a_model_of_any_name_is_text_wherever_it_is_shown(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    for name in (comparison["suite"]["model"], "`` `<script>x</script>` ![x](http://e/p.png)"):
        comparison["suite"]["model"] = comparison["signature"] = name
        rendered = MarkdownIt().enable("table").render(markdown(comparison))
        assert "# Suite quick: `" in markdown(comparison)
        assert "<script>" not in rendered
        assert "<img" not in rendered
    comparison = compare_run(made_up_run)
    assert "[bold]x[/bold]" in shown(comparison)


def test_the_signature_is_the_one_of_the_run_and_who_answered(made_up_run: Path) -> None:
    """Figures carry the versions that made them, not the one that shows them."""
    made = json.loads((made_up_run / MANIFEST).read_text())["signature"]
    comparison = compare_run(made_up_run)
    assert comparison["signature"] == f"{made} | answers:0.5.0"
    assert comparison["signature"] in markdown(comparison)
    with amending(variant_folder(made_up_run, "sft/plain") / RECORD) as record:
        record["answered_by"] = ["0.4.9", "0.5.0"]
    assert compare_run(made_up_run)["signature"] == f"{made} | answers:0.4.9,0.5.0"
