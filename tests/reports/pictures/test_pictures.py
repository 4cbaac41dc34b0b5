"""Pictures of a page show the figures of the run, inert, apart and the same every time."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.verdict import Beside
from reports.comparison import Comparison, compare_run
from reports.pictures import pictures
from reports.pictures.cost_points import cost_points, dear
from reports.pictures.drawing import MOST_ROWS, VARIABLES, WIDTH, Picture, painted, shortened
from reports.pictures.effects import effect_rows, slice_rows
from reports.pictures.forest import forest, forest_rows, metric_rows, other_forests
from reports.pictures.intervals import kept_rows
from tests.reports.made_up import SHIFT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('$x^2$')</script>\u202egnp.exe\ud800\x1b[31m" + "a" * 300


@pytest.fixture
def comparison(made_up_run: Path) -> Comparison:
    """Of floors and variants that tell what they cost; BERTScore decides, and nothing is dear."""
    return compare_run(made_up_run)


def changed(comparison: Comparison, **verdict: object) -> Comparison:
    """The same with other fields of its verdict."""
    assert comparison.verdict
    decided = comparison.verdict.model_copy(update=verdict)
    return comparison.model_copy(update={"verdict": decided})


def renamed(comparison: Comparison, old: str, new: str) -> Comparison:
    """The same with another name of a variant, wherever it stands."""

    def rename(value: object) -> object:
        if isinstance(value, dict):
            return {rename(key): rename(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [rename(one) for one in value]
        return new if value == old else value

    return Comparison.model_validate(rename(comparison.model_dump(exclude_unset=True)))


def by_name(drawn: list[Picture]) -> dict[str, Picture]:
    return {one.name: one for one in drawn}


def element(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg)  # noqa: S314


def part(picture: Picture, name: str) -> ElementTree.Element:
    """What has this id within a picture."""
    wanted = f"{picture.name}-{name}"
    (found,) = [one for one in element(picture).iter() if one.get("id") == wanted]
    return found


def place(picture: Picture, name: str) -> tuple[float, float]:
    """Where a point is drawn, in points from the left and the top."""
    (use,) = part(picture, name).iter(f"{SVG}use")
    return float(use.attrib["x"]), float(use.attrib["y"])


def extent(picture: Picture, name: str) -> tuple[float, float]:
    """From where to where something reaches, in points from the left."""
    paths = list(part(picture, name).iter(f"{SVG}path")) or [part(picture, name)]
    xs = [float(x) for x in re.findall(r"[ML] (\S+) \S+", paths[0].attrib["d"])]
    return min(xs), max(xs)


def test_points_and_intervals_stand_at_their_figures(comparison: Comparison) -> None:
    picture = forest(comparison)
    assert picture
    rows, _ = kept_rows(forest_rows(comparison), higher=True)
    points = [place(picture, f"point-{number}")[0] for number, _ in enumerate(rows, 1)]
    deltas = [row.found.delta for row in rows]
    assert deltas == sorted(deltas, reverse=True)
    zero = points[deltas.index(0.0)]
    scale = (points[0] - zero) / deltas[0]
    for number, row in enumerate(rows, 1):
        assert points[number - 1] == pytest.approx(zero + scale * row.found.delta, abs=0.01)
        if row.found.low is not None and row.found.high is not None:
            ends = (zero + scale * row.found.low, zero + scale * row.found.high)
            assert extent(picture, f"interval-{number}") == pytest.approx(ends, abs=0.01)


def test_the_band_is_as_wide_as_the_margin(comparison: Comparison) -> None:
    assert "margin" not in (bare := forest(comparison) or pytest.fail()).svg
    assert "±" not in bare.note
    picture = forest(changed(comparison, margin=0.07))
    assert picture
    rows, _ = kept_rows(forest_rows(comparison), higher=True)
    deltas = [row.found.delta for row in rows]
    first, last = (place(picture, f"point-{number}")[0] for number in (1, len(rows)))
    scale = (first - last) / (deltas[0] - deltas[-1])
    low, high = extent(picture, "margin")
    assert high - low == pytest.approx(0.14 * scale, abs=0.02)
    assert (low + high) / 2 == pytest.approx(first - scale * deltas[0], abs=0.02)
    assert "±0.07" in picture.note


def test_the_verdict_gives_rows_their_bounds_and_words(comparison: Comparison) -> None:
    rows = {row.name: row for row in forest_rows(comparison)}
    verdict = comparison.verdict
    assert verdict
    assert set(rows) == set(comparison.variants)
    for name, row in rows.items():
        if name != verdict.in_place:
            assert row.found == verdict.variants[name].beside[verdict.in_place]
    assert rows["floor/echo"].tag == "floor"
    assert rows["floor/echo"].mark == "floor"
    assert rows["base/plain"].mark == "in place"
    assert [name for name, row in rows.items() if row.chosen] == [verdict.variant]
    picture = forest(comparison)
    assert picture
    assert picture.title == "Difference from base/plain in BERTScore, 95% bounds together"
    assert "together" in picture.note


def test_without_bounds_of_all_together_each_has_its_own(comparison: Comparison) -> None:
    bare = comparison.model_copy(update={"verdict": None})
    rows = {row.name: row for row in forest_rows(bare)}
    for name, entry in bare.variants.items():
        if entry.vs_baseline:
            change, found = entry.vs_baseline["bertscore_f1"], rows[name].found
            assert (found.delta, found.low, found.high) == (change.delta, change.low, change.high)
    picture = forest(bare)
    assert picture
    assert picture.title.endswith("95% intervals")
    assert "each of its own" in picture.note


def test_less_of_what_is_bad_stands_at_the_right(comparison: Comparison) -> None:
    suite = comparison.suite.model_copy(update={"decide": {"by": "false_answer"}})
    bare = comparison.model_copy(update={"verdict": None, "suite": suite})
    rows = {row.name: row for row in forest_rows(bare)}
    change = comparison.variants["sft-rag/rag"].vs_baseline
    assert change
    assert change["false_answer"].delta < 0
    found = rows["sft-rag/rag"].found
    assert found.delta == -change["false_answer"].delta
    assert (found.low, found.high) == (-change["false_answer"].high, -change["false_answer"].low)  # type: ignore[operator]
    picture = forest(bare)
    assert picture
    assert "less false answers than base/plain" in picture.svg


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("oracle", "ceiling: shown the evidence"),
        ("misled", "shown another's evidence"),
        ("withheld", "evidence withheld"),
    ],
)
def test_what_is_shown_the_evidence_is_marked(
    comparison: Comparison, source: str, said: str
) -> None:
    entries = dict(comparison.variants)
    entries["sft-rag/rag"] = entries["sft-rag/rag"].model_copy(update={"source": source})
    shown = comparison.model_copy(update={"variants": entries})
    (row,) = [row for row in metric_rows(shown, "rouge_l") if row.name == "sft-rag/rag"]
    assert (row.mark, row.tag) == ("evidence", said)


def test_the_other_panels_are_of_quality_where_something_differs(comparison: Comparison) -> None:
    shown = [one.title.split(":")[0] for one in other_forests(comparison)]
    assert {"sentence BLEU", "ROUGE-L", "facts", "unfinished", "false answers"} <= set(shown)
    # The last is the same of all variants.
    assert not {"BERTScore", "grounded", "repetition", "length / reference", "empty"} & set(shown)


def test_a_model_named_ceiling_is_one(comparison: Comparison) -> None:
    ceiling = renamed(comparison, "floor/echo", "ceiling/reference")
    (row,) = [row for row in forest_rows(ceiling) if row.name == "ceiling/reference"]
    assert (row.mark, row.tag) == ("evidence", "ceiling: shown the evidence")


def test_of_many_rows_the_best_the_chosen_and_what_is_in_place_are_kept(
    comparison: Comparison,
) -> None:
    first = forest_rows(comparison)
    in_place = next(row for row in first if row.mark == "in place")
    worse = next(row for row in first if row.mark == "variant")
    many = first + [
        replace(worse, name=f"v{i}", found=Beside(1 + i / 100, None, None), chosen=False)
        for i in range(40)
    ]
    kept, said = kept_rows(many, higher=True)
    assert len(kept) == MOST_ROWS
    assert in_place in kept
    assert [row for row in kept if row.chosen] == [row for row in first if row.chosen]
    assert kept[0].name == "v39"
    assert said == f"Not shown: {len(many) - MOST_ROWS} further from the best."


def test_cost_is_what_is_dear_or_seconds_or_tokens(comparison: Comparison) -> None:
    assert dear(comparison) == "seconds"
    points, left = cost_points(comparison, "bertscore_f1", "seconds")
    assert left == 0
    # Floors of this run tell no cost.
    assert {one.name for one in points} == set(SHIFT)
    assert [one.number for one in points] == [1, 2, 3, 4, 5]
    means = [one.figure.mean for one in points]
    assert means == sorted(means, reverse=True)
    assert {one.cost for one in points} == {0.5}
    assert comparison.verdict
    best = {one.name for one in points if one.best}
    assert best == set(comparison.verdict.not_shown_worse)
    entries = {
        name: entry.model_copy(update={"cost": entry.cost.model_copy(update={"seconds": None})})
        for name, entry in comparison.variants.items()
    }
    untimed = comparison.model_copy(update={"variants": entries})
    assert dear(untimed) == "tokens"
    assert {one.cost for one in cost_points(untimed, "bertscore_f1", "tokens")[0]} == {1242.5}


def test_points_of_cost_are_filled_if_not_shown_worse(comparison: Comparison) -> None:
    picture = by_name(pictures(comparison))["cost"]
    points, _ = cost_points(comparison, "bertscore_f1", "seconds")
    paper = f"var(--paper, {VARIABLES['--paper']})"
    for one in points:
        (use,) = part(picture, f"point-{one.number}").iter(f"{SVG}use")
        assert (paper in use.attrib["style"]) is not one.best
    heights = [place(picture, f"point-{one.number}")[1] for one in points]
    assert heights == sorted(heights)
    assert "seconds a question" in picture.title
    assert "floor/sentence" in picture.svg


def without(comparison: Comparison, names: set[str], **fields: object) -> Comparison:
    """The same without a verdict, these variants with other fields."""
    entries = {
        name: entry.model_copy(update=fields) if name in names else entry
        for name, entry in comparison.variants.items()
    }
    return comparison.model_copy(update={"variants": entries, "verdict": None})


@pytest.mark.parametrize("left", [0, 1])
def test_where_fewer_than_two_that_tell_their_cost_have_the_metric_no_cost_is_drawn(
    comparison: Comparison, left: int
) -> None:
    # Of none the page was not written at all: min() of nothing.
    unscored = without(comparison, set(list(SHIFT)[left:]), metrics={}, rates={})
    assert dear(unscored) == "seconds"
    assert "cost" not in by_name(pictures(unscored))
    two = without(comparison, set(list(SHIFT)[2:]), metrics={}, rates={})
    assert "cost" in by_name(pictures(two))


def test_what_is_in_place_and_tells_no_cost_is_a_dashed_line_with_its_name(
    comparison: Comparison,
) -> None:
    told = by_name(pictures(comparison))["cost"]
    assert "in place, which" not in told.note
    entry = comparison.variants["base/plain"]
    silent = entry.cost.model_copy(update={"seconds": None})
    picture = by_name(pictures(without(comparison, {"base/plain"}, cost=silent)))["cost"]
    assert len(list(part(picture, "in-place").iter(f"{SVG}path"))) == 1
    assert len(list(part(picture, "floor").iter(f"{SVG}path"))) == 1
    assert picture.svg.count("base/plain") == 1
    mean = entry.metrics["bertscore_f1"].mean
    assert f"Dashed line: base/plain (in place), BERTScore {mean:.3f}" in picture.alternative
    assert "Dashed: what is in place, which tells no cost." in picture.note


def test_effects_and_slices_are_those_of_the_comparison(comparison: Comparison) -> None:
    rows = effect_rows(comparison, "rouge_l")
    assert [row.found for row in rows] == [
        one.metrics["rouge_l"] for one in comparison.attribution if "rouge_l" in one.metrics
    ]
    assert rows[0].details == ["sft/plain − base/plain"]
    sliced = comparison.slices
    found = slice_rows(comparison, "sft-rag/rag", "rouge_l")
    assert len(found) == len(sliced)
    for row, one in zip(found, sliced, strict=True):
        assert row.found == one.vs_baseline["sft-rag/rag"]["rouge_l"]
        assert row.pale is one.few
        assert f"n = {one.n} in {one.clusters}" in row.tag


def test_alternative_texts_have_the_figures(comparison: Comparison) -> None:
    drawn = pictures(comparison)
    for row in forest_rows(comparison):
        assert row.words in by_name(drawn)["forest"].alternative
    for row in effect_rows(comparison, "bertscore_f1"):
        assert row.words in by_name(drawn)["effects"].alternative
    for name, entry in comparison.variants.items():
        if not entry.floor:
            said = f"{name}: BERTScore {entry.metrics['bertscore_f1'].mean:.3f}, from "
            assert said.replace(": B", " (in place): B", name == "base/plain") in (
                by_name(drawn)["cost"].alternative
            )


def test_no_id_is_there_twice_and_what_is_pointed_at_is_there(
    comparison: Comparison, sweep_run: Path
) -> None:
    for one in (comparison, compare_run(sweep_run)):
        text = "".join(picture.svg for picture in pictures(one))
        ids = Counter(re.findall(r'\bid="([^"]*)"', text))
        assert {name for name, count in ids.items() if count > 1} == set()
        pointed = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text)
        assert {name for pair in pointed for name in pair if name} <= set(ids)


def test_the_same_comparison_gives_the_same_pictures(comparison: Comparison) -> None:
    assert pictures(comparison) == pictures(comparison)


def test_a_picture_is_an_element_that_scales_and_takes_the_colours_of_the_page(
    comparison: Comparison,
) -> None:
    for picture in pictures(comparison):
        root = element(picture)
        assert picture.svg.startswith("<svg ")
        assert root.tag == f"{SVG}svg"
        assert (root.get("role"), root.get("aria-label")) == ("img", picture.title)
        assert (root.get("width"), root.get("height")) == (None, None)
        assert "width: 100%" in root.attrib["style"]
        assert root.attrib["viewBox"].startswith(f"0 0 {WIDTH:g} ")
        # A style of matplotlib's would be that of the whole page.
        assert list(root.iter(f"{SVG}style")) == []
        styles = "".join(one.get("style", "") for one in root.iter())
        bare = re.sub(r"var\(--\w+, #[0-9a-f]{6}\)", "", styles)
        assert "#" not in bare.replace("url(#", "")
        used = set(re.findall(r"var\((--\w+), ", styles))
        assert "--ink" in used
        assert used <= set(VARIABLES)
        assert "DejaVu" not in picture.svg


def test_text_is_large_enough_on_a_telephone(comparison: Comparison, sweep_run: Path) -> None:
    for picture in [*pictures(comparison), *pictures(compare_run(sweep_run))]:
        sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", picture.svg)]
        assert min(sizes) * 358 / WIDTH >= 9  # 390 pixels, 16 of them a margin at either side.


def test_hostile_names_are_inert(comparison: Comparison) -> None:
    for name in ("sft-rag/rag", "floor/sentence", "base/plain"):
        for picture in pictures(renamed(comparison, name, HOSTILE)):
            element(picture)
            picture.svg.encode()
            for text in (picture.svg, picture.title, picture.alternative, picture.note):
                assert "\u202e" not in text
                assert "\x1b" not in text
                assert "\ud800" not in text
                assert "a" * 41 not in text
            assert "<script" not in picture.svg
    drawn = by_name(pictures(renamed(comparison, "sft-rag/rag", "a$x^2$b")))
    assert "a$x^2$b" in "".join(element(drawn["forest"]).itertext())


def test_a_name_is_shortened_in_the_middle() -> None:
    assert shortened("short") == "short"
    assert shortened("a" * 30 + "b" * 30) == "a" * 20 + "…" + "b" * 19
    assert len(shortened("\ud800" * 300)) == 40


def test_what_there_is_nothing_of_is_left_out(comparison: Comparison) -> None:
    nothing = {"attribution": (), "slices": ()}
    names = [one.name for one in pictures(comparison.model_copy(update=nothing))]
    assert {"forest", "cost"} <= set(names)
    assert not any(name.startswith(("effects", "slices", "sweep")) for name in names)
    alone = {"base/plain": comparison.variants["base/plain"]}
    assert pictures(comparison.model_copy(update=nothing | {"variants": alone})) == []


def test_colours_in_a_text_stay_as_they_are() -> None:
    svg = painted("one", "One", 20, lambda canvas: print(canvas.text(0, 0, "#1a1a1a")))
    assert ">#1a1a1a<" in svg
