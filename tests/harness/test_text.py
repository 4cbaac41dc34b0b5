"""What others wrote is shown, and steers no terminal."""

from harness.text import printable


def test_what_steers_a_terminal_is_escaped() -> None:
    for plain in ("exact_match,strict", "Genauigkeit é 精度", 3.0):
        assert printable(plain) == str(plain)
    text = "\x1b[31mred\n\u202ereversed\ud800"
    assert printable(text) == r"\x1b[31mred\n\u202ereversed\ud800"
