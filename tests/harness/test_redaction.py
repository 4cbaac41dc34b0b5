"""A secret is hidden however it is written, and nothing else is."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from harness.redaction import HIDDEN, without

SECRET = "sk-c?n>ry~5f0c/77d2+a9"  # noqa: S105


@pytest.mark.parametrize("before", ["", "a", "ab", "Bearer "])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_hides_it_wherever_it_begins(before: str, encode: object) -> None:
    assert callable(encode)
    text = encode(f"{before}{SECRET} and more".encode()).decode()
    found = without([SECRET], f"<{text}>", "[key]")
    assert "[key]" in found
    # What is left of its own characters holds less than one at each end.
    left = found.split("[key]")[0][1:], found.split("[key]")[1][:-1]
    assert len(left[0]) + len(left[1]) <= len(text) - len(SECRET) * 8 // 6 + 2


@pytest.mark.parametrize(
    "written",
    [SECRET, quote(SECRET), quote(quote(SECRET)), html.escape(SECRET), json.dumps(SECRET)[1:-1]],
)
def test_other_spellings_hide_it(written: str) -> None:
    assert without([SECRET], f"a {written} b") == f"a {HIDDEN} b"


def test_words_are_left_alone_and_short_secrets_are_not_looked_for_in_base64() -> None:
    assert without(["", "me"], "bWU= and you", "[x]") == "bWU= and you"
    assert without(["me"], "come", r"\1[x]") == r"co\1[x]"
