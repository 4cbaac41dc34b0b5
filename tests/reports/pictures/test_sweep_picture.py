"""The picture of a sweep is well-formed, complete, safe and the same every time."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.errors import RunError
from reports.comparison import Comparison, compare_run
from reports.headline import headline
from reports.pictures.sweep import chart
from tests.reports.conftest import GAIN

SVG = "{http://www.w3.org/2000/svg}"


def drawn(comparison: Comparison) -> ElementTree.Element:
    return ElementTree.fromstring(chart(comparison))  # noqa: S314


def groups(picture: ElementTree.Element, start: str) -> list[ElementTree.Element]:
    """Groups whose id is ``start`` and a number: matplotlib names what it draws."""
    return [
        group
        for group in picture.iter(f"{SVG}g")
        if group.get("id", "").rstrip("0123456789") == start
    ]


def texts(element: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()).strip() for text in element.iter(f"{SVG}text")]


def test_a_panel_a_metric_that_is_a_mean_and_one_for_seconds(sweep_run: Path) -> None:
    comparison = compare_run(sweep_run)
    panels = groups(drawn(comparison), "axes_")
    shown = list(headline(comparison, "mean").values())
    assert shown == ["BERTScore", "sentence BLEU", "ROUGE-L", "facts"]
    assert len(panels) == len(shown) + 1
    for panel, title in zip(panels, shown, strict=False):
        assert title in texts(panel)
        assert {"prompt tokens a question", "oracle", *map(str, GAIN)} <= set(texts(panel))
        # The bars of all points are one collection of lines, each with two caps.
        assert len(groups(panel, "LineCollection_")) == 1
        assert len(list(groups(panel, "LineCollection_")[0].iter(f"{SVG}path"))) == len(GAIN)
        dashed = [path for path in panel.iter(f"{SVG}path") if "dasharray" in path.get("style", "")]
        assert len(dashed) == 1
    assert {"seconds a question (batches of 8),", "ratio to budget=0"} <= set(texts(panels[-1]))
    assert groups(panels[-1], "LineCollection_") == []


def test_a_row_a_curve_with_and_without_an_oracle(sweep_run: Path) -> None:
    comparison = compare_run(sweep_run)
    bare = comparison.sweep[0].model_copy(update={"oracle": None})
    both = comparison.model_copy(update={"sweep": [*comparison.sweep, bare]})
    columns = len(headline(comparison, "mean")) + 1
    shown = ["oracle" in texts(panel) for panel in groups(drawn(both), "axes_")]
    assert shown == [True] * columns + [False] * columns


def test_what_nobody_tells_is_not_drawn_and_points_stand_at_what_varies(sweep_run: Path) -> None:
    # A function tells no tokens, and a judge has no grade of what was shown nothing.
    document = compare_run(sweep_run).as_json()
    for entry in document["variants"].values():
        entry["cost"] = dict.fromkeys(entry["cost"])
    (curve,) = document["sweep"]
    del curve["points"][0]["metrics"]["bleu"], curve["oracle"]["metrics"]["bleu"]
    bertscore, bleu, *_, seconds = groups(drawn(Comparison.model_validate(document)), "axes_")
    for panel, points in ((bertscore, len(GAIN)), (bleu, len(GAIN) - 1)):
        assert "budget" in texts(panel)
        assert "prompt tokens a question" not in texts(panel)
        assert len(list(groups(panel, "LineCollection_")[0].iter(f"{SVG}path"))) == points
    assert ("oracle" in texts(bertscore), "oracle" in texts(bleu)) == (True, False)
    assert "oracle" not in texts(seconds)


def test_a_run_without_a_curve_is_refused(made_up_run: Path) -> None:
    with pytest.raises(RunError, match=r"suite quick has no curve .* policyqa run sweep"):
        chart(compare_run(made_up_run))


def test_the_same_run_gives_the_same_bytes_on_any_day_and_desk(
    sweep_run: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from reports.pictures.sweep import chart;"
        "from reports.comparison import compare_run;"
        "sys.stdout.write(chart(compare_run(Path(sys.argv[1]))))"
    )
    own = tmp_path / "matplotlibrc"
    own.write_text("lines.linewidth: 9\nsvg.fonttype: path\nfigure.dpi: 50\n")
    command = [sys.executable, "-c", code, str(sweep_run)]
    root = Path(__file__).parents[3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATPLOTLIBRC", str(own))
        other = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout == chart(compare_run(sweep_run))


def test_words_come_from_variants_and_metrics_alone(sweep_run: Path) -> None:
    picture = chart(compare_run(sweep_run))
    for word in ("$model$", "abacus", "answer 1", "<script", "dc:date"):
        assert word not in picture
