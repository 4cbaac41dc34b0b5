"""Anyone's metrics: found by path and by entry point, and looked at before any work."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.errors import ConfigError, ModelError
from harness.metrics import Row, aggregate, make_metrics, metric_names, score, total_of
from harness.metrics.foreign import MEMBERS
from harness.metrics.registry import check

LENGTH = """
class Length:
    name = "letters"
    title = "how long"
    higher_is_better = None
    kind = "mean"
    signature = "letters:1"

    def score(self, rows):
        return [float(len(row.answer)) for row in rows]
"""
ROW = Row("Within what time?", "72 hours.", ("Within 72 hours.",))


@pytest.fixture
def write(workplace: Path) -> Callable[[str], str]:
    """Writes a module of metrics into the working directory; returns its name."""

    def written(text: str) -> str:
        module = f"metrics_of_{workplace.name}"
        (workplace / f"{module}.py").write_text(text)
        return module

    return written


def test_a_metric_is_found_by_its_path_and_shown_after_ours(write: Callable[[str], str]) -> None:
    module = write(LENGTH + "made = Length()\n")
    metrics = make_metrics([f"{module}:Length", "bleu"])
    assert [metric.name for metric in metrics] == ["bleu", "letters"]
    check(metrics)
    assert score(metrics[1:], [ROW]) == {"letters": [9.0]}
    # One that is made already is taken as it is.
    assert make_metrics([f"{module}:made"])[0] is sys.modules[module].made


def test_an_installed_package_offers_a_metric_by_name(
    write: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = write(LENGTH)
    site = tmp_path / "site"
    folder = site / "letters-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: letters\nVersion: 1.0\n")
    entry = f"[policyqa.metrics]\nletters = {module}:Length [extra]\n"
    (folder / "entry_points.txt").write_text(entry)
    with pytest.raises(ConfigError, match="no metric 'letters'"):
        make_metrics(["letters"])
    monkeypatch.syspath_prepend(str(site))
    assert [metric.name for metric in make_metrics(["letters"])] == ["letters"]
    with pytest.raises(ConfigError, match="two metrics are named letters"):
        make_metrics(["letters", f"{module}:Length"])
    # What is offered is named where a name is none.
    with pytest.raises(ConfigError, match=f"there are {', '.join(metric_names())}, letters, and"):
        make_metrics(["lettres"])


BROKEN = {
    **{
        f"has no {member}; it needs name, title": LENGTH.replace(f" {member}", " other")
        for member in MEMBERS
    },
    "has no total; it needs": LENGTH.replace('"mean"', '"corpus"'),
    "is of kind 'median'; it must be one of mean, rate, corpus": LENGTH.replace("mean", "median"),
    "is named 'a b'; a name is of letters": LENGTH.replace('"letters"', '"a b"'),
    "is named 7; a name is": LENGTH.replace('"letters"', "7"),
    # Its scores and what the sample log has by that name would have been one.
    "is named cost, as something of ours is": LENGTH.replace('"letters"', '"cost"'),
    "is named bleu, as something of ours is": LENGTH.replace('"letters"', '"bleu"'),
    "has the title ' '; it must be text": LENGTH.replace('"how long"', '" "'),
    "has higher_is_better 'yes'; it must be True, False or None": LENGTH.replace("None", '"yes"'),
    "has a marks that cannot be called": LENGTH + "    marks = ('answer', 0, 1)\n",
    "has a score that cannot be called": LENGTH.split("    def")[0] + "    score = 7\n",
    "ZeroDivisionError: division by zero .metrics_of_": LENGTH + "    def __init__(self): 1 / 0\n",
    "TypeError: .* missing 1 .* 'n'$": LENGTH + "    def __init__(self, n): ...\n",
    "cannot import .* has no attribute 'Length'": "",
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_broken_metric_is_one_line_that_names_it(write: Callable[[str], str], said: str) -> None:
    path = f"{write(BROKEN[said])}:Length"
    with pytest.raises(ConfigError, match=said) as caught:
        make_metrics([path])
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        # Two that say nothing of their names would have each other's scores.
        ('"1.0"', "signature '1.0'; it must be one line that begins with letters:"),
        ('"letters_2:1"', "it must be one line"),
        ('"letters:two\\nlines"', "it must be one line"),
        ("None", "signature None"),
        ("property(lambda self: self.model)", "metric letters: AttributeError: .* 'model'"),
    ],
)
def test_a_signature_that_is_none_is_refused_before_any_work(
    write: Callable[[str], str], signature: str, said: str
) -> None:
    path = f"{write(LENGTH.replace(chr(34) + 'letters:1' + chr(34), signature))}:Length"
    metrics = make_metrics([path])
    with pytest.raises(ConfigError, match=said) as caught:
        check(metrics)
    assert "\n" not in str(caught.value)


def test_a_signature_may_need_what_only_its_check_explains(write: Callable[[str], str]) -> None:
    text = "from harness.errors import ModelError\n" + LENGTH.replace(
        '"letters:1"', "property(lambda self: 1 / 0)"
    )
    text += "    def check(self): raise ModelError('set LENGTH_URL')\n"
    with pytest.raises(ModelError, match=r"^set LENGTH_URL$"):
        check(make_metrics([f"{write(text)}:Length"]))


STATISTICS = [(1.0, 4.0), (2.0, 4.0)]


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ("sums[..., 0] / sums[..., 1]", None),
        # Of a table of resamples this is a row, and its interval would have been of anything.
        ("sums[0] / sums[1]", r"total gave shape \(2,\) for sums of shape \(5, 2\)"),
        ("sums[..., 0] * float('nan')", "total gave a figure that is none"),
        ("1 / 0", "metric letters: ZeroDivisionError"),
        ("'much'", "metric letters: ValueError: could not convert"),
    ],
)
def test_a_total_is_one_figure_for_each_sum(
    write: Callable[[str], str], total: str, said: str | None
) -> None:
    text = LENGTH.replace('"mean"', '"corpus"') + f"    def total(self, sums): return {total}\n"
    (metric,) = make_metrics([f"{write(text)}:Length"])
    sums = np.ones((5, 1)) * np.asarray(STATISTICS).sum(axis=0)
    if said is None:
        assert aggregate(metric, STATISTICS) == 3 / 8
        assert total_of(metric, sums).tolist() == [3 / 8] * 5
        return
    with pytest.raises(ConfigError, match=said) as caught:
        total_of(metric, sums)
    assert "\n" not in str(caught.value)
