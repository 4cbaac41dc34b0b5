"""The frameworks that a question names."""

import math

import pytest

from rag.corpus import Section
from rag.named import COUNTED, MOST_NAMED, FrameworkNames


def section(framework: str, title: str, body: str = "Nothing.", number: int = 1) -> Section:
    return Section(f"{framework}/s-{number}", framework, title, "Part", body)


FRAMEWORKS = [
    section("eu-dora", "Digital Operational Resilience Act", "The Act is wide."),
    section("eu-gdpr", "General Data Protection Regulation", "Data may reach far."),
    section("uk-equality-act", "Equality Act", "An act of data."),
    section("eu-reach", "Registration of Chemicals", "Substances reach the market."),
    section("us-children", "Children"),
]
NAMES = FrameworkNames(FRAMEWORKS)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Must we report under DORA?", {"eu-dora"}),
        ("Is a bakery bound by the general data protection regulation?", {"eu-gdpr"}),
        ("What does the UK's Equality Act say?", {"uk-equality-act"}),
        ("GDPR or DORA, which comes first?", {"eu-gdpr", "eu-dora"}),
        ("May we keep bees of the hive?", set()),
        ("How far does it reach, and who may act?", set()),
        ("Can somebody in the UK ask us?", {"uk-equality-act"}),
        ("Can somebody ask us, or you in the US (Article 5(1)(c))?", {"us-children"}),
    ],
)
def test_a_framework_is_named_by_id_title_or_initials_but_not_by_ordinary_words(
    question: str, named: set[str]
) -> None:
    assert set(NAMES.in_question(question)) == named


def test_a_word_counts_the_more_the_fewer_frameworks_have_it() -> None:
    # Two words of one framework, of five: "uk" and "equality"; "eu" is of three.
    assert NAMES.in_question("UK equality") == {
        "uk-equality-act": pytest.approx(min(2 * math.log(5), MOST_NAMED))
    }
    found = NAMES.in_question("EU chemicals")
    assert found["eu-reach"] == pytest.approx(math.log(5) + math.log(5 / 3))
    assert found["eu-dora"] == found["eu-gdpr"] == pytest.approx(math.log(5 / 3))


def test_numbers_and_a_corpus_of_one_document_name_nothing() -> None:
    numbered = [section(str(n), str(n)) for n in (1, 2, 2024)]
    assert FrameworkNames(numbered).in_question("Article 1 of 2024") == {}
    assert FrameworkNames(FRAMEWORKS[:1]).in_question("DORA") == {}
    assert FrameworkNames([]).in_question("DORA") == {}


def test_the_words_of_so_many_sections_of_a_framework_are_counted_and_no_more() -> None:
    ordinary = [section("a-hive", "A", "hive", n) for n in range(COUNTED)]
    rare = [section("a-hive", "A", "bee", n) for n in range(COUNTED)]
    late = [section("a-hive", "A", "hive", n) for n in range(COUNTED, 3 * COUNTED)]
    other = section("b", "B")
    assert FrameworkNames([*ordinary, other]).in_question("hive") == {}
    assert FrameworkNames([*rare, *late, other]).in_question("hive")
