"""A run's figures are right, and every report shows them with what they rest on."""

import json
import random
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.errors import DataError, RunError
from harness.metrics import make_metrics
from harness.runs import MANIFEST, VARIANT_RECORD, read_result, variant_folder
from policyqa.scoring import COSTS
from reports.comparison import Comparison, Groups, compare_run
from reports.explained import NO_INTERVAL
from reports.headline import ASIDE
from reports.markdown import markdown
from tests.conftest import refused
from tests.reports.conftest import amending, rewritten, shown
from tests.reports.made_up import FLOORS, SHIFT

QUALITY = [metric.name for metric in make_metrics() if metric.kind != "rate"]
RATES = [metric.name for metric in make_metrics() if metric.kind == "rate"]


def test_a_comparison_has_the_shape_of_our_json(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    document = comparison.as_json()
    assert Comparison.model_validate(document) == comparison
    assert list(document["variants"]) == [*FLOORS, *SHIFT]
    assert (document["baseline"], document["floor"]) == ("base/plain", "floor/sentence")
    assert list(document["metrics"]) == [metric.name for metric in make_metrics()]
    assert document["suite"] == json.loads((made_up_run / MANIFEST).read_text())["suite"]
    assert "sweep" not in document
    cost = {"prompt_tokens": 1230.0, "answer_tokens": 12.5, "seconds": 0.5}
    for name, entry in document["variants"].items():
        assert entry["cost"] == dict.fromkeys(COSTS) | (cost if name in SHIFT else {})
        assert (entry["n"], entry["clusters"]) == (40, 20)
        assert entry["floor"] is (name in FLOORS)
        assert list(entry["metrics"]) == QUALITY
        assert ("vs_baseline" in entry) is (name != "base/plain")
        assert ("vs_floor" in entry) is (name not in FLOORS)
        for metric in QUALITY:
            assert set(entry["metrics"][metric]) == {"mean", "low", "high", "n", "clusters"}
            for compared, level in (("vs_baseline", 0), ("vs_floor", 0.05)):
                if compared in entry:
                    way = -1 if metric == "repetition" else 1
                    delta = pytest.approx(way * ((FLOORS | SHIFT)[name] - level))
                    end = None if metric == "corpus_bleu" else delta
                    expected = {"delta": delta, "low": end, "high": end, "n": 40, "clusters": 20}
                    found = dict(entry[compared][metric])
                    p = [found.pop(one) for one in ("p", "p_adjusted") if one in found]
                    assert found == expected
                    # Every question of every group goes one way.
                    chances = pytest.approx(
                        [1e-4, 1e-4] if (FLOORS | SHIFT)[name] else [1, 1], abs=1e-6
                    )
                    assert p == (chances if compared == "vs_baseline" else [])
    assert "Beside the floor: each variant minus floor/sentence" in markdown(comparison)


def test_the_baseline_is_the_one_of_the_manifest_whatever_its_name(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["baseline"] = "sft/plain"
    comparison = compare_run(made_up_run)
    assert comparison.variants["sft/plain"].vs_baseline is None
    for name, entry in comparison.variants.items():
        if name != "sft/plain":
            assert entry.vs_baseline
            expected = pytest.approx((FLOORS | SHIFT)[name] - 0.1)
            assert entry.vs_baseline["bleu"].delta == expected
    assert "what each adds to sft/plain" in shown(comparison)


def test_without_that_floor_nothing_stands_beside_it(made_up_run: Path) -> None:
    with amending(made_up_run / MANIFEST) as manifest:
        del manifest["variants"]["floor/sentence"]
    comparison = compare_run(made_up_run)
    assert comparison.floor is None
    assert not any(entry.vs_floor for entry in comparison.variants.values())
    assert "Beside the floor" not in shown(comparison) + markdown(comparison)


def test_abstention_is_told_by_whether_the_evidence_was_shown(made_up_run: Path) -> None:
    variants = compare_run(made_up_run).variants
    rag, plain = variants["sft-rag/rag"], variants["sft/plain"].rates
    told = ("false_answer", "over_refusal", "abstained", "evidence_shown")
    counted = {name: (one.mean, one.n) for name, one in rag.rates.items() if name in told}
    assert counted == {
        "false_answer": (0.0, 10),
        "over_refusal": (0.0, 20),
        "abstained": (1.0, 10),
        "evidence_shown": (pytest.approx(2 / 3), 30),
    }
    assert rag.rates["false_answer"].high == pytest.approx(0.2775, abs=1e-4)
    counted = {name: (one.mean, one.n) for name, one in plain.items() if name in told}
    assert counted == {
        "false_answer": (1.0, 10),
        "abstained": (0.0, 30),
        "evidence_shown": (0.0, 30),
    }
    # Of refusing, only where neither was shown the evidence: base was shown none.
    changes = rag.vs_baseline
    assert "over_refusal" not in changes
    assert (changes["abstained"].delta, changes["abstained"].n) == (1.0, 10)
    assert (changes["false_answer"].delta, changes["false_answer"].n) == (-1.0, 10)


def test_questions_are_paired_by_id_whatever_their_order_in_the_logs(made_up_run: Path) -> None:
    for name, left_out in (("base/plain", "q39"), ("sft/plain", "q0")):
        (path,) = variant_folder(made_up_run, name).glob("samples_*.jsonl")
        lines = path.read_text().splitlines()
        random.Random(name).shuffle(lines)  # noqa: S311
        kept = [line for line in lines if json.loads(line)["doc"]["id"] != left_out]
        rewritten(path, kept)
    sft = compare_run(made_up_run).variants["sft/plain"]
    assert sft.n == 39
    change = sft.vs_baseline["rouge_l"]
    assert (change.low, change.high) == pytest.approx((0.1, 0.1))
    assert (change.n, change.clusters) == (38, 19)


def test_published_figures_are_shown_by_the_suites_that_name_them_alone(made_up_run: Path) -> None:
    """They were printed under any suite that had a variant of these names."""
    comparison = compare_run(made_up_run)
    named = comparison.published.variants
    assert list(named) == ["base/plain", "sft/plain", "sft/engineered", "sft-rag/rag"]
    assert named["sft-rag/rag"].figures["rouge_l"] == 0.51
    for text in (shown(comparison), markdown(comparison)):
        assert "RAG-enhanced" in text
        assert "0.572 (0.51)" in text
        assert "LLaMA-2-7B" in text
        # They stood before the user's own rates, and looked like a part of what was measured.
        titles = ("Variants of suite", "Beside the floor", "Rates\n", "Ours (published)")
        places = [text.index(title) for title in titles]
        assert places == sorted(places)
    with amending(made_up_run / MANIFEST) as manifest:
        floor = manifest["variants"]["floor/echo"]
        manifest |= {"variants": {"floor/echo": floor}, "baseline": "floor/echo"}
    comparison = compare_run(made_up_run)
    assert comparison.published.variants == {}
    assert "LLaMA" not in shown(comparison)
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["suite"]["published"] = None
    comparison = compare_run(made_up_run)
    assert comparison.published is None
    for text in (shown(comparison), markdown(comparison)):
        assert "RAG-enhanced" not in text
        assert "ublished" not in text.replace("as in the published work", "")
        assert "LLaMA" not in text


def test_the_tables_say_what_the_groups_are(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert comparison.groups == Groups(n=20, by={"section": 30, "question": 10})
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["evidence"] = {"section": 24, "page": 4, "document": 2}
    said = " ".join(markdown(compare_run(made_up_run)).split())
    assert (
        "The 40 questions make 20 groups, by the sections of their evidence (24); the pages of "
        "their evidence (4); the document their answer is in (2); nothing that is known, each by "
        "itself (10)."
    ) in said


def test_a_folder_that_is_no_run_and_a_damaged_one_are_named(
    made_up_run: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="no run folder"):
        compare_run(tmp_path / "nowhere")
    with pytest.raises(
        RunError, match=r"has no variant base/rag; it has floor/echo, .*sft-rag/rag"
    ):
        read_result(made_up_run, "base/rag")
    record = variant_folder(made_up_run, "sft/plain") / VARIANT_RECORD
    content = record.read_text()
    record.unlink()
    with pytest.raises(RunError, match="no finished variant sft/plain"):
        compare_run(made_up_run)
    record.write_text(content)
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["suite"]["batch_size"] = "many"
        del manifest["machine"]["device"]
    with pytest.raises(DataError) as caught:
        compare_run(made_up_run)
    said = str(caught.value)
    for part in (f"{made_up_run / MANIFEST}: ", "suite.batch_size: ", "machine.device: "):
        assert part in said
    assert "\n" not in said


def test_a_run_of_an_earlier_version_is_refused_with_what_to_do(
    tmp_path: Path,
) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"suite": {"arms": ["base/plain"]}, "hashes": {}}))
    named = f"{tmp_path}:base/plain"
    for command in (
        ["report", tmp_path],
        ["report", tmp_path, "--json"],
        ["compare", named, named],
    ):
        said = refused(*command)
        assert said.startswith(f"error: {tmp_path / MANIFEST} was made by a version before 0.13")
        assert said.endswith("policyqa run SUITE --out FOLDER")


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
    # Whole in every part of every table it is in.
    assert tables.count("sft-rag/engineered") == tables.count("sft-rag/e") >= 6
    assert "signature: suite:quick" in text


def test_markdown_shows_the_figures_and_keeps_text_in_its_cells(made_up_run: Path) -> None:
    text = markdown(compare_run(made_up_run))
    rows = [line for line in text.splitlines() if line.startswith("| sft-rag/rag")]
    assert len(rows) == 5
    verdict, variant, further, floor, rates = rows
    assert verdict == "| sft-rag/rag | candidate<br>may ship | +0.300<br>[+.300, +.300] |"
    assert "## Ship sft-rag/rag: it is better than base/plain" in text
    assert "0.00<br>[.00, .28]<br>n = 10<br>in 10 groups |" in rates
    for row in (variant, floor):
        assert row.startswith("| sft-rag/rag<br>n = 40<br>in 20 groups |")
    # A cell a metric; beside them the name, and the cost of the variant.
    counted = [row.count("|") - row.count("\\|") for row in rows]
    everywhere, rated = (
        len(QUALITY) - len(ASIDE),
        set(RATES) - {"contradicted", "fabricated_citation"},
    )
    assert counted[1:] == [everywhere + 3, len(ASIDE) + 2, everywhere + 2, len(rated) + 2]
    assert further.startswith("| sft-rag/rag | 0.572<br>+0.300<br>[+.300, +.300] |")
    assert "+0.300" in variant
    # A difference of corpus BLEU has no room there.
    assert [cell.count("<br>") for cell in variant.split(" | ")[1:5]] == [2, 2, 0, 2]
    assert "+0.250" in floor
    assert "Machine: abacus, 2 cores, cpu." in text


def test_too_few_groups_have_no_interval_decide_nothing_and_that_is_said(made_up_run: Path) -> None:
    # n = 8, both intervals beyond 0, and no word of how little that is.
    text = markdown(compare_run(made_up_run))
    (floor,) = [line for line in text.splitlines() if "| +0.250<br>[+.250, +.250] |" in line]
    assert floor.count("| +0.250<br>– |") == 1  # Corpus BLEU's, of twenty groups.
    assert text.index("## Beside the floor") < text.index(NO_INTERVAL) < text.index("## Rates")
    for folder in (made_up_run / "variants").glob("*/*"):
        (path,) = folder.glob("samples_*.jsonl")
        rewritten(path, path.read_text().splitlines()[:12])
    few = compare_run(made_up_run)
    for shown_as in (markdown(few), shown(few)):
        assert " ".join(shown_as.split()).count(NO_INTERVAL) == 1
    text = markdown(few)
    assert text.index("## Variants") < text.index(NO_INTERVAL) < text.index("## Beside the floor")
    change = few.variants["sft/plain"].vs_baseline["bleu"]
    assert (change.low, change.high, change.n, change.clusters) == (None, None, 12, 6)
    assert "<br>+0.100<br>– |" in text


def test_a_table_of_many_metrics_is_shown_in_parts_and_nothing_is_cut(made_up_run: Path) -> None:
    # With one more metric names folded to five characters, and then figures were cut.
    # A longer name goes on in the next line.
    name, document = "sft-rag/engineered@int8", compare_run(made_up_run).as_json()
    document["variants"][name] = document["variants"].pop("sft-rag/engineered")
    for more in ("chrf", "meteor", "judge"):
        document["metrics"][more] = {**document["metrics"]["bleu"], "title": more}
        for entry in document["variants"].values():
            for of in {"metrics", "vs_baseline", "vs_floor"} & set(entry):
                entry[of][more] = entry[of]["bleu"]
    text = shown(Comparison.model_validate(document))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.replace("floor/…", "")
    assert all(title in text for title in ("chrf", "meteor", "judge"))
    assert text.count("\nsft/engineered") >= 4
    assert "[-.100, -.100]" in text
    # Whole in every part of every table that has it.
    renamed = text.split("Variants of suite")[1].split("What each change adds")[0]
    parts = renamed.count("\nsft/engineered ")
    assert parts > 5
    assert "".join(line.split(" ")[0] for line in renamed.splitlines()).count(name) == parts


def test_a_model_of_any_name_is_text_wherever_it_is_shown(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert "[bold]x[/bold]" in shown(comparison)
    for name in (comparison.suite.model, "`` `<script>x</script>` ![x](http://e/p.png)"):
        suite = comparison.suite.model_copy(update={"model": name})
        text = markdown(comparison.model_copy(update={"suite": suite, "signature": name}))
        rendered = MarkdownIt().enable("table").render(text)
        assert "# Suite quick: " in text
        assert "<script>" not in rendered
        assert "<img" not in rendered


def test_the_signature_is_the_one_of_the_run_and_who_answered(made_up_run: Path) -> None:
    """Figures carry the versions that made them, not the one that shows them."""
    made = json.loads((made_up_run / MANIFEST).read_text())["signature"]
    comparison = compare_run(made_up_run)
    assert comparison.signature == f"{made} | answers:0.5.0"
    assert comparison.signature in markdown(comparison)
    with amending(variant_folder(made_up_run, "sft/plain") / VARIANT_RECORD) as record:
        record["answered_by"] = ["0.4.9", "0.5.0"]
    assert compare_run(made_up_run).signature == f"{made} | answers:0.4.9,0.5.0"
