"""Claims as files have them: shipped ones load, and bad ones are refused whole."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import BenchError, ConfigError
from harness.reading import read_yaml
from reports.claims.reading import SHIPPED, read_claims
from reports.comparison import PUBLISHED

GOOD: dict[str, Any] = {
    "claim": "It keeps 96%",
    "source": "us",
    "baseline": "as it is",
    "variant": "a/plain@int8",
    "against": "a/plain",
    "conditions": [{"metric": "rouge_l", "ratio": {"at_least": 0.96}}],
}


def read(folder: Path, **changes: Any) -> Any:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [GOOD | changes]}))
    return read_claims(str(path))


def test_published_gains_are_those_of_the_published_figures() -> None:
    figures = read_yaml(PUBLISHED)["llama2-7b"]["variants"]
    claims = read_claims("llama2-7b")
    lifting = [one for one in claims if " lift" in one.claim]
    assert len(lifting) == 4
    for one in lifting:
        for condition in one.conditions:
            ours, theirs = (figures[name][condition.metric] for name in (one.variant, one.against))
            assert condition.difference is not None
            assert condition.difference.at_least == pytest.approx(ours - theirs)
            assert f"{condition.difference.at_least:.2f}" in one.claim
    assert {one.source for one in claims} == {claims[0].source}
    assert [path.stem for path in SHIPPED.glob("*.yaml")] == ["llama2-7b"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variant": None}, "claims.0.variant"),
        ({"conditions": []}, "claims.0.conditions"),
        ({"who": "me"}, "claims.0.who"),
        ({"conditions": [{"metric": "bleu"}]}, "none of ratio, difference, not_worse_by: give one"),
        (
            {"conditions": [{"metric": "bleu", "ratio": {"at_least": 1, "at_most": 2}}]},
            "it has at_least and at_most",
        ),
        ({"conditions": [{"metric": "bleu", "not_worse_by": -1}]}, "not_worse_by"),
        ({"conditions": [{"metric": "speed", "not_worse_by": 1}]}, "speed is claimed as a ratio"),
        ({"beside": {}}, "name its run, or a field of its suite"),
    ],
)
def test_a_claim_that_is_none_is_one_line_with_its_place(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert read(tmp_path)[0].conditions[0].ratio.limit == 0.96
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, **changes)
    assert str(tmp_path / "claims.yaml") in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_of_claims_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no claims 'mine': .* the shipped ones are llama2-7b"):
        read_claims("mine")
    path = tmp_path / "list.yaml"
    path.write_text("- a\n")
    with pytest.raises(BenchError, match=r"list\.yaml"):
        read_claims(str(path))
