"""Names of evidence cover what stands there: no more, no less, and nothing twice."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.policyqa.evidence import PAGE, Coverage, names_page, names_section

Pages = dict[str, tuple[int, ...]]
SECTIONS: st.SearchStrategy[Pages] = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(0, 9)).map(lambda pair: f"{pair[0]}/s{pair[1]}"),
    st.sets(st.integers(1, 5), max_size=3).map(lambda pages: tuple(sorted(pages))),
    min_size=1,
)
NAMES = st.lists(
    st.one_of(
        st.sampled_from("abcd"),
        st.tuples(st.sampled_from("abcd"), st.integers(1, 6)).map(lambda p: f"{p[0]}{PAGE}{p[1]}"),
        st.tuples(st.sampled_from("abcd"), st.integers(0, 9)).map(lambda p: f"{p[0]}/s{p[1]}"),
    ),
    max_size=5,
)


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
def test_names_cover_the_sections_that_stand_there(pages: Pages, names: Sequence[str]) -> None:
    coverage = Coverage(pages, pages)
    for name in names:
        assert coverage.of(name) == covered_by_hand(name, pages)


@given(SECTIONS, NAMES)
def test_what_names_cover_together_is_named_once(pages: Pages, names: Sequence[str]) -> None:
    found = Coverage(pages, pages).expanded(names)
    wanted = [one for name in names for one in covered_by_hand(name, pages) or [name]]
    assert set(found) == set(wanted)
    if not all(name in pages for name in names):
        assert len(found) == len(set(found))


@given(SECTIONS, NAMES)
def test_what_covers_nothing_is_told_by_its_name(pages: Pages, names: Sequence[str]) -> None:
    coverage = Coverage(pages, pages)
    for name in names:
        if not coverage.of(name):
            assert f"evidence {name!r}" in coverage.missing(name)


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
