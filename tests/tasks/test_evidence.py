"""Names of evidence cover what stands there: no more, no less, and nothing twice."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.policyqa.evidence import PAGE, Coverage, names_page, names_section

Pages = dict[str, tuple[int, ...]]
IDS = st.builds("{}/s{}".format, st.sampled_from("abcd"), st.integers(0, 9))
SECTIONS: st.SearchStrategy[Pages] = st.dictionaries(
    IDS.filter(lambda id_: not id_.startswith("d")),
    st.sets(st.integers(1, 5), max_size=3).map(lambda pages: tuple(sorted(pages))),
    min_size=1,
)
PAGE_NAMES = st.builds(f"{{}}{PAGE}{{}}".format, st.sampled_from("abcd"), st.integers(1, 6))
NAMES = st.lists(st.sampled_from("abcd") | PAGE_NAMES | IDS, max_size=5)


def covered_by_hand(name: str, pages: Pages) -> list[str]:
    """Every section looked at in turn."""
    document, _, page = name.partition(PAGE)
    return [
        section
        for section, stands in pages.items()
        if section == name
        or (section.startswith(f"{document}/") and (not page or int(page) in stands))
    ]


@given(SECTIONS, NAMES)
def test_names_cover_the_sections_that_stand_there_each_once(
    pages: Pages, names: Sequence[str]
) -> None:
    coverage = Coverage(pages, pages)
    for name in names:
        assert coverage.of(name) == covered_by_hand(name, pages)
        assert coverage.of(name) or f"evidence {name!r}" in coverage.missing(name)
    found = coverage.expanded(names)
    assert set(found) == {one for name in names for one in covered_by_hand(name, pages) or [name]}
    if not all(name in pages for name in names):
        assert len(found) == len(set(found))


@given(NAMES)
def test_without_documents_names_stand_for_themselves(names: Sequence[str]) -> None:
    coverage = Coverage([])
    assert coverage.expanded(names) == list(dict.fromkeys(names))
    assert all(coverage.of(name) == [name] for name in names)


@pytest.mark.parametrize(
    ("name", "section", "page"),
    [("a/s1", True, False), ("a", False, False), ("a#page=3", False, True), ("a#3", False, True)],
)
def test_the_form_of_a_name_tells_what_it_is(name: str, section: bool, page: bool) -> None:
    assert (names_section(name), names_page(name)) == (section, page)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a/s9", "no section of the corpus"),
        ("d", "no section or document of the corpus, which has a, b"),
        ("d#page=1", "no section or document of the corpus, which has a, b"),
        ("a#page=9", "those of a stand on 1-3, 7, of which the first is a#page=1"),
        ("a#9", "those of a stand on 1-3, 7, of which the first is a#page=1"),
        ("b#page=1", "notes no pages of b. policyqa data import notes those of a PDF"),
    ],
)
def test_an_error_says_what_there_is_instead(name: str, said: str) -> None:
    pages: Pages = {"a/s1": (1, 2), "a/s2": (2, 3), "a/s3": (7,), "b/s1": ()}
    coverage = Coverage(pages, pages)
    assert coverage.of(name) == []
    assert said in coverage.missing(name)
