"""Every suite of the documentation is one that is taken."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from policyqa.suite import load_suite

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SUITES = [
    (page, block)
    for page in PAGES
    for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    if "variants" in yaml.safe_load(block)
]


def test_there_are_suites_to_read() -> None:
    assert {page.name for page, _ in SUITES} >= {"README.md", "suites.md"}


@pytest.mark.parametrize("page, block", SUITES)
def test_a_documented_suite_is_taken(
    page: Path, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the pages name as the reader's own.
    (tmp_path / "my_package").mkdir()
    shutil.copy(ROOT / "docs" / "judge.py", tmp_path / "my_package" / "judge.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUDGE_URL", "http://localhost:9/v1/chat/completions")
    monkeypatch.setenv("JUDGE_MODEL", "judge")
    path = tmp_path / f"{page.stem}.yaml"
    path.write_text(block, encoding="utf-8")
    assert load_suite(str(path)).variants
