"""Quantities: one value in all its spellings, found where it stands."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.quantities import quantities, stem
from tests.harness.metrics.spelling import SPELLINGS, spelled

READ: dict[str, list[tuple[object, ...]]] = {
    "4.5 %, four per cent": [("percentage", 4.5, ""), ("percentage", 4, "")],
    "5-10%": [("percentage", 5, ""), ("percentage", 10, "")],
    "two-thirds of them": [("percentage", 200 / 3, "")],
    "between 10 and 20 working days": [
        ("duration", 10, "working day"),
        ("duration", 20, "working day"),
    ],
    "seventy-two hours, a 3-day period": [("duration", 72, "hour"), ("duration", 72, "hour")],
    "three (3) years, 72 (seventy-two) hours": [
        ("duration", 36, "month"),
        ("duration", 72, "hour"),
    ],
    "two and a half years": [("duration", 30, "month")],
    "within a month, not twice a year": [("duration", 1, "month")],
    "72\u00a0hours, 5\u202f%, 30\ndays": [
        ("duration", 72, "hour"),
        ("percentage", 5, ""),
        ("duration", 720, "hour"),
    ],
    "within **72** hrs, 24h": [("duration", 72, "hour"), ("duration", 24, "hour")],
    "**1.** Notify them.\n**2.** Wait 3 days.": [("duration", 72, "hour")],
    "3. Appoint 5 firms.": [("number", 3, ""), ("number", 5, "")],
    "Three firms [1], as [2, 3] have it": [("number", 3, "")],
    "5 years and 3 copies": [("duration", 60, "month"), ("number", 3, "")],
    "EUR 5 or 10": [("amount", 5, "euro"), ("amount", 10, "euro")],
    "EUR 20 million or USD 5m": [("amount", 2e7, "euro"), ("amount", 5e6, "dollar")],
    "€20m, 20 000 000 euros": [("amount", 2e7, "euro"), ("amount", 2e7, "euro")],
    "Rs.50,000 and EUR 2000": [("amount", 50_000, "rupee"), ("amount", 2000, "euro")],
    "R$ 50 million": [("amount", 5e7, "real")],
    "15 m deep, 1.5°C, 10 kilograms": [
        ("amount", 15, "metre"),
        ("amount", 1.5, "°C"),
        ("amount", 10, "kg"),
    ],
    "2 August 2026, August 2nd, 2026": [("date", 20260802, ""), ("date", 20260802, "")],
    "2026-08-02, Aug. 2, 2026, 2 Aug 2026": [("date", 20260802, "")] * 3,
    "May 2018, 25 May, from 2020 to 2024": [
        ("date", 20180500, ""),
        ("date", 525, ""),
        ("date", 20200000, ""),
        ("date", 20240000, ""),
    ],
    "At least 5 may attend of 2000 employees": [("number", 5, ""), ("number", 2000, "")],
    "Article 33(1) says 3 members": [("number", 3, "")],
    "5 mınuteſ": [("duration", 5 / 60, "hour")],
    # None of these is one.
    "": [],
    "no one, each one": [],
    "a third country, a third party, once a quarter": [],
    "Regulation (EU) 2016/679, Articles 5 to 7, § 12": [],
}


@pytest.mark.parametrize("text", READ, ids=lambda text: text[:30])
def test_quantities_are_read_with_their_units(text: str) -> None:
    found: list[object] = [(one.kind, one.value, one.unit) for one in quantities(text)]
    assert found == [(kind, pytest.approx(value), unit) for kind, value, unit in READ[text]]


NOUNS = {
    "10 or more employees": ("employee",),
    "Five independent members' boards": ("independent", "member", "board"),
    "3 of them": ("them",),
    "at least 3": (),
}


def test_a_bare_number_says_what_it_counts() -> None:
    assert {text: quantities(text)[0].nouns for text in NOUNS} == NOUNS
    assert [stem(word) for word in ("Parties", "class", "gas", "board’s")] == [
        *("party", "class", "gas", "board")
    ]


UNITS: dict[tuple[str, str], list[str]] = {
    ("percentage", ""): ["{}%", "{} %", "{} percent", "{} per cent"],
    ("duration", "hour"): ["{} hours", "{}-hour", "{} full hours", "{} consecutive hours"],
    ("duration", "month"): ["{} months", "{}\u00a0months", "{}-month"],
    ("duration", "working day"): ["{} working days", "{} business days"],
    ("amount", "euro"): ["EUR {}", "{} euros", "€{}", "€ {}", "{} EUR"],
    ("amount", "kg"): ["{} kg", "{} kilograms", "{} kilos"],
    ("number", ""): ["{} widgets"],
}
AROUND = st.text(st.sampled_from("ab cd.,;:()\n\té%"), max_size=20)


@st.composite
def said(draw: st.DrawFn) -> tuple[str, tuple[str, float, str]]:
    """A quantity in one of its spellings, and what it is."""
    kind, unit = draw(st.sampled_from(sorted(UNITS)))
    number = draw(st.integers(2, 10**9 - 1).filter(lambda one: not 1800 <= one < 2100))
    form = draw(st.sampled_from(UNITS[kind, unit]))
    return form.format(spelled(number, draw(st.sampled_from(SPELLINGS)))), (kind, number, unit)


@given(said(), AROUND, AROUND)
def test_a_value_in_any_spelling_and_text_is_found_where_it_stands(
    one: tuple[str, tuple[str, float, str]], before: str, behind: str
) -> None:
    value, expected = one
    text = f"{before} it is {value}; {behind}"
    (found,) = quantities(text)
    assert (found.kind, found.value, found.unit) == expected
    # What a bare number counts is no part of it.
    assert text[found.start : found.end] == value.removesuffix(" widgets")


@given(said(), said())
def test_two_are_the_same_by_kind_unit_and_value(
    one: tuple[str, tuple[str, float, str]], other: tuple[str, tuple[str, float, str]]
) -> None:
    (first,), (second,) = quantities(one[0]), quantities(other[0])
    assert first.same(second) is second.same(first) is (one[1] == other[1])
    assert first.same(first)


DATES = [
    (form, day)
    for day in (date(2026, 8, 2), date(1999, 5, 25), date(2030, 12, 31))
    for form in ("{0.day} {0:%B} {0.year}", "{0:%B} {0.day}, {0.year}", "{0:%Y-%m-%d}")
    for form in (form, form.replace("{0:%B}", "{0:%b}"))
]


@pytest.mark.parametrize(("form", "day"), DATES)
def test_a_date_in_any_form_is_the_same_and_another_none(form: str, day: date) -> None:
    (found,) = quantities(f"It applies from {form.format(day)}.")
    (whole,) = quantities(f"{day.day} {day:%B} {day.year}")
    (year,) = quantities(f"in {day.year}")
    (next_day,) = quantities(f"{day + timedelta(1):%d %B %Y}")
    assert found.same(whole)
    assert found.same(year)
    assert not found.same(next_day)


@given(st.text(st.sampled_from("1,. %(€)5-–hundred and half a dayſıEUR²٣§"), max_size=60))
def test_whatever_a_text_is_its_quantities_lie_in_it_one_behind_another(text: str) -> None:
    end = 0
    for one in quantities(text):
        assert end <= one.start < one.end <= len(text)
        end = one.end
