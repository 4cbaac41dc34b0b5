"""Provisions: what of a text is one, by which path, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.provisions import (
    Path,
    named,
    named_by,
    paths,
    provisions,
    read_path,
    within,
    written,
)

READ = {
    "Article 83(5)": "article/83/5",
    "Art. 6 (1)(f)": "article/6/1/f",
    "Article\u00a05": "article/5",
    "Article\n5": "article/5",
    "Article 7, II, a": "article/7/ii/a",
    "Article 4, II, b leaves it": "article/4/ii/b",
    "Article 5, para. 2": "article/5/2",
    "Annex I, Part II, point (1)": "annex/i/ii/1",
    "Schedule 2, paragraph 5": "schedule/2/5",
    "paragraph 2 of Article 5": "article/5/2",
    "subsection (2) of section 42": "section/42/2",
    "paragraph 20 of Schedule 8": "schedule/8/20",
    "point (b) of paragraph 2 of Article 9": "article/9/2/b",
    "points (a) and (b) of Article 6(1)": "article/6/1/a article/6/1/b",
    "paragraphs 1, 2 and 3 of the Article 5": "article/5/1 article/5/2 article/5/3",
    "paragraphs 1 to 3 of Article 5": "article/5",
    "paragraph 2 of Articles 5 and 6": "article/5 article/6",
    "paragraph 2 of the Annex, and Article 5": "paragraph/2 article/5",
    "Article **83(5)**": "article/83/5",
    "Article 33 (GDPR)": "article/33",
    "Article 4(viii)": "article/4/viii",
    "45 CFR 164.408": "section/164.408",
    "45 CFR §§ 164.404 and 164.408": "section/164.404 section/164.408",
    "Section 6-1-1701(4)": "section/6-1-1701/4",
    "Recitals 26, 27, and 30": "recital/26 recital/27 recital/30",
    "Articles 5 to 7": "article/5 article/6 article/7",
    "Articles 5-7": "article/5 article/6 article/7",
    "ss. 5 and 6": "section/5 section/6",
    "Article 5(1)(a) and (b)": "article/5/1/a article/5/1/b",
    "Article 5(1)(a) and (2)": "article/5/1/a article/5/2",
    "Article 5(1) to (3)": "article/5/1 article/5/2 article/5/3",
    "Article 6(1)(a)-(d)": "article/6/1/a article/6/1/b article/6/1/c article/6/1/d",
    "Articles 33 and 34, 72 hours": "article/33 article/34",
    "RBC20.1 and MAP 5.1": "rbc20/1 map/5.1",
    "Articles 5² to 7": "article/5",
    "Article 5((1))": "article/5",
    "Articles " + "1" * 5000 + " to 7": f"article/{'1' * 5000} article/7",
    # None of these is one.
    "": "",
    "under this Article": "",
    "We map 5 countries and manage 3 of them.": "",
    "As a rule 3 weeks are enough, as a rule 30 weeks.": "",
    "COP21 in Paris": "",
    "Regulation (EU) 2016/679": "",
}


@pytest.mark.parametrize("text", READ, ids=lambda text: text[:30])
def test_provisions_are_read_by_their_paths(text: str) -> None:
    found = [written(one.path) for one in provisions(text)]
    assert sorted(found) == sorted(READ[text].split())


def test_a_part_is_within_its_provision_and_no_number_within_another() -> None:
    (part,), (whole,), (other,) = map(paths, [["Article 5(1)"], ["Article 5"], ["Article 51"]])
    assert within(part, whole)
    assert not within(whole, part)
    assert not within(other, whole)
    assert named_by(whole, [part])
    assert named_by(part, [whole])
    assert not named_by(part, [other])


NUMBERS = st.one_of(
    st.integers(1, 999).map(str), st.sampled_from(["5a", "164.408", "10.3", "6-1-1701"])
)
PARTS = st.lists(st.sampled_from(["1", "12", "a", "b", "iv"]), max_size=3)
KINDS = {
    "article": ["Article", "Art.", "article", "ARTICLE"],
    "section": ["Section", "sec.", "§", "45 CFR", "15 U.S.C. §"],
    "recital": ["Recital"],
    "annex": ["Annex"],
    "rule": ["Rule"],
}
AROUND = st.text(st.sampled_from("a bc.,;:()\n\té§%5"), max_size=20)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, Path]:
    """A provision in one of its spellings, and its path."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    number, parts = draw(NUMBERS), draw(PARTS)
    said = f"{draw(st.sampled_from(KINDS[kind]))} {number}" + "".join(f"({one})" for one in parts)
    return said, (kind, number, *parts)


@given(planted(), AROUND, AROUND)
def test_a_provision_in_any_text_is_found_where_it_stands(
    one: tuple[str, Path], before: str, behind: str
) -> None:
    said, path = one
    text = f"{before} Under {said}; {behind}"
    found = {(x.path, text[x.start : x.end]) for x in provisions(text)}
    assert (path, said) in found


@given(planted())
def test_a_path_is_read_back_as_a_word_and_by_its_name(one: tuple[str, Path]) -> None:
    _, path = one
    assert read_path(written(path)) == path
    assert paths([named(path)]) == {path}


@given(st.text(st.sampled_from("Articles §5(a)1-–,. toandIVX²٣ſ"), max_size=60))
def test_whatever_a_text_is_its_provisions_lie_within_it(text: str) -> None:
    for one in provisions(text):
        assert 0 <= one.start < one.end <= len(text)
        assert len(one.path) >= 2
