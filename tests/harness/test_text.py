"""What others wrote is shown, and steers no terminal."""

import pytest

from harness.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("exact_match,strict", "exact_match,strict"),
        ("Genauigkeit é 精度", "Genauigkeit é 精度"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines", r"two\nlines"),
        ("\u202ereversed\ud800", r"\u202ereversed\ud800"),
        (3.0, "3.0"),
    ],
)
def test_what_steers_a_terminal_is_escaped(text: object, shown: str) -> None:
    assert printable(text) == shown
