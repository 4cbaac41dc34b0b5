"""Facts: found, contradicted or neither, and what of an answer says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.fact import Fact, ReadText, fact_of, judged

FOUND, AGAINST, NEITHER = "found", "contradicted", "neither"
HOURS = Fact("duration", "72 hours")
MEMBERS = Fact("number", "3 members")
FINE = Fact("amount", "20,000,000 euro", ("EUR 20m",))
TERM = Fact("term", "Commissioner", ("privacy commissioners",))
YES, NO = Fact("yes-no", "yes"), Fact("yes-no", "no")

JUDGED = [
    (HOURS, "Within seventy-two hours.", FOUND, "seventy-two hours"),
    (HOURS, "It has 3 days.", FOUND, "3 days"),
    (HOURS, "It has 96 hours.", AGAINST, "96 hours"),
    (HOURS, "It has 24 hours, as asked.", NEITHER, ""),
    (MEMBERS, "Three members.", FOUND, "Three"),
    (MEMBERS, "It has 5 members.", AGAINST, "5"),
    (MEMBERS, "It has 3 offices.", NEITHER, ""),
    (MEMBERS, "1. It meets.\n2. It votes.\n3. It ends.", NEITHER, ""),
    (MEMBERS, "It has 5 offices.", NEITHER, ""),
    (FINE, "Up to €20 million.", FOUND, "€20 million"),
    (FINE, "Up to EUR 10 million.", AGAINST, "EUR 10 million"),
    # No number is found in another that begins alike, nor as a word.
    (Fact("percentage", "1%"), "Tier 1 capital", NEITHER, ""),
    (Fact("amount", "EUR 15,000"), "EUR 15 000 000", AGAINST, "EUR 15 000 000"),
    (Fact("date", "2 August 2026"), "From August 2, 2026.", FOUND, "August 2, 2026"),
    (Fact("date", "2 August 2026"), "From 2 August 2027.", AGAINST, "2 August 2027"),
    (Fact("provision", "Article 83"), "See Article 83(5).", FOUND, "Article 83(5)"),
    (Fact("provision", "Article 83(5)"), "See Article 83.", NEITHER, ""),
    (Fact("provision", "Article 83(5)"), "See Article 84.", NEITHER, ""),
    (TERM, "Ask the Commissioners.", FOUND, "Commissioners"),
    (TERM, "Ask a Privacy\nCommissioner.", FOUND, "Commissioner"),
    (TERM, "Ask the Commission.", NEITHER, ""),
    (Fact("term", "…"), "…", NEITHER, ""),
    (YES, "Yes, it must.", FOUND, "Yes"),
    (Fact("yes-no", "Yes"), "Yes, it must.", FOUND, "Yes"),
    (YES, "No. It is exempt.", AGAINST, "No"),
    (YES, "It could, unless asked.", FOUND, "It could"),
    (YES, "They can be: Article 2 lets them.", FOUND, "They can be"),
    (YES, "They were told.", NEITHER, ""),
    (NO, "It cannot, unless asked.", FOUND, "It cannot"),
    (NO, "They weren’t.", FOUND, "They weren’t"),
    (NO, "**No**", FOUND, "No"),
    (NO, "**Answer:** **No**, it does not.", FOUND, "No"),
    (YES, "In short, yes.", FOUND, "yes"),
    (NO, "Under the GDPR, no. It need not.", FOUND, "no"),
    (YES, "As to consent, no rule asks for it.", NEITHER, ""),
    (HOURS, "Within **72** hours.", FOUND, "72** hours"),
    (HOURS, "Within 72h, or 72 hrs.", FOUND, "72h"),
    (Fact("provision", "Article 83(5)"), "See Article **83(5)**.", FOUND, "Article **83(5)"),
    (NO, "They do not have to.", FOUND, "They do not"),
    (NO, "Generally, no.", FOUND, "no"),
    (NO, "No later than 72 hours.", NEITHER, ""),
    (NO, "Not later than 72 hours.", NEITHER, ""),
    (NO, "No consent is needed.", NEITHER, ""),
    (YES, "Yesterday's notice.", NEITHER, ""),
    (YES, "It depends.", NEITHER, ""),
    (YES, "", NEITHER, ""),
]


@pytest.mark.parametrize(("fact", "answer", "said", "where"), JUDGED)
def test_a_fact_is_found_contradicted_or_neither(
    fact: Fact, answer: str, said: str, where: str
) -> None:
    (one,) = judged([fact], "Is it 24 hours?", answer)
    span = one.found or one.contradicted
    assert said == (FOUND if one.found else AGAINST if one.contradicted else NEITHER)
    assert where == (answer[span[0] : span[1]] if span else "")


@pytest.mark.parametrize(
    ("fact", "answer"),
    [(HOURS, "3 months."), (HOURS, "3 working days."), (FINE, "USD 20 million."), (FINE, "20 kg.")],
)
def test_the_same_number_of_another_unit_is_not_the_fact(fact: Fact, answer: str) -> None:
    assert judged([fact], "", answer)[0].found is None


def test_a_number_of_another_fact_contradicts_none() -> None:
    later = Fact("duration", "30 days")
    first, second = judged([HOURS, later], "", "Within 30 days.")
    assert (first.found, first.contradicted) == (None, None)
    assert second.found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("No", "yes-no"),
        ("72 hours", "duration"),
        ("3 members", "number"),
        ("4%", "percentage"),
        ("2 August 2026", "date"),
        ("EUR 5", "amount"),
        ("Article 33(1)", "provision"),
        ("RBC30", "provision"),
        ("the Commissioner", "term"),
    ],
)
def test_a_facts_kind_is_told_by_its_text(text: str, kind: str) -> None:
    fact = fact_of(text)
    assert fact.kind == kind
    (one,) = judged([fact], "", f"{text}.")
    assert one.found


WORDS = st.lists(st.sampled_from(["the", "authority", "Boards", "policy's", "gas"]), max_size=6)


@given(WORDS, WORDS, WORDS.filter(lambda words: set(words) - {"the"}))
def test_a_term_in_any_text_is_found_whatever_its_case_and_plural(
    before: list[str], behind: list[str], term: list[str]
) -> None:
    text = " ".join([*before, *(word.upper() for word in term), *behind])
    span = ReadText(text).term(" ".join(term))
    assert span
    assert ReadText(text[span[0] : span[1]]).term(" ".join(term)) == (0, span[1] - span[0])


@given(
    st.sampled_from([HOURS, MEMBERS, FINE, TERM, YES, NO, Fact("provision", "Article 5")]),
    st.text(st.sampled_from("Yesno 72hours3members€,.()Article5"), max_size=40),
)
def test_nothing_is_both_found_and_contradicted(fact: Fact, answer: str) -> None:
    (one,) = judged([fact], "", answer)
    assert not (one.found and one.contradicted)


def test_a_question_said_again_answers_nothing() -> None:
    question = "Must the controller notify the authority of a breach?"
    (found,) = judged([Fact("yes-no", "no")], question, question)
    assert (found.found, found.contradicted) == (None, None)
    (found,) = judged([Fact("yes-no", "yes")], question, "It must notify the authority.")
    assert found.found is not None


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("can", "yes"),
        ("cannot", "no"),
        ("can't", "no"),
        ("can’t", "no"),
        ("won't", "no"),
        ("couldn’t", "no"),
        ("may not", "no"),
        ("candidates", None),
        ("never may", None),
        ("is under no duty and need never", None),
    ],
)
def test_what_was_asked_said_again_or_denied_is_a_verdict(said: str, verdict: str | None) -> None:
    question = "Can the supervisory authority order a controller to pay damages?"
    answer = f"The supervisory authority {said} order a controller to pay damages."
    yes, no = judged([YES, NO], question, answer)
    assert bool(yes.found) is bool(no.contradicted) is (verdict == "yes")
    assert bool(no.found) is bool(yes.contradicted) is (verdict == "no")


def test_what_a_question_states_is_no_verdict_where_it_is_said_again() -> None:
    states = "Our firm cannot audit its cloud provider"
    yes, no = judged([YES, NO], f"{states}. Must we audit our cloud provider?", f"{states}.")
    assert (yes.found, yes.contradicted, no.found, no.contradicted) == (None,) * 4
