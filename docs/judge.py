"""
A judge behind any OpenAI-compatible endpoint, as two metrics of your own. Copy it, and change it.

    metrics: [bertscore_f1, bleu, rouge_l, judge:Faithfulness, judge:Agreement]

    JUDGE_URL=http://localhost:8000/v1/chat/completions JUDGE_MODEL=my-judge policyqa run mine.yaml

The judge is asked twice about each answer. ``Faithfulness`` is the mean of both grades;
``Agreement`` the share of answers that it graded alike: how far it can be trusted with itself. It
is a language model: look at its grades before you believe them. What it said is kept, so that a
second run asks nothing: ``policyqa cache clear --suite judges`` forgets it, and the grades made of
it go, as every score does, with the suite they were made for.
"""

import os
import re
from collections.abc import Sequence

from harness.errors import ConfigError
from harness.files import fingerprint
from harness.metrics import Row, Value
from harness.models.asked import answers_to
from harness.variants import Decoding, Model

INSTRUCTIONS = (
    "You grade whether an answer follows from the provisions it was given. Reply with one digit: "
    "0 it contradicts them or is not in them, 1 part of it follows, 2 all of it follows."
)
BEST = 2
"""The highest grade."""
ASKINGS = 2
"""Times the judge is asked about an answer."""
MOST_TOKENS = 8
"""Of a grade. A judge that thinks first needs some thousands: its thoughts are no grade."""


def judge() -> Model:
    """Who judges, as the environment says."""
    url, name = os.environ.get("JUDGE_URL"), os.environ.get("JUDGE_MODEL")
    if not (url and name):
        raise ConfigError("set JUDGE_URL and JUDGE_MODEL; the key, if any, is OPENAI_API_KEY")
    options = {"base_url": url, "num_concurrent": 4}
    return Model("judge", name, engine="local-chat-completions", options=options)


def grades(rows: Sequence[Row]) -> list[tuple[int | None, ...]]:
    """The grades of each row, one an asking; None without a context, or where none was given."""
    shown = [place for place, row in enumerate(rows) if row.context]
    texts = [
        f"Provisions: {row.context}\n\nQuestion: {row.question}\n\nAnswer: {row.answer}"
        for row in (rows[place] for place in shown)
    ]
    found: list[tuple[int | None, ...]] = [(None,) * ASKINGS] * len(rows)
    askings = [
        answers_to(judge(), texts, INSTRUCTIONS, Decoding(MOST_TOKENS, draw=n))
        for n in range(1, ASKINGS + 1)
    ]
    for place, said in zip(shown, zip(*askings, strict=True), strict=True):
        found[place] = tuple(map(grade, said))
    return found


def grade(answer: str | None) -> int | None:
    """The first digit from 0 to ``BEST``; None where there is none."""
    found = re.search(rf"\b[0-{BEST}]\b", answer or "")
    return int(found[0]) if found else None


class Judged:
    """What both metrics share."""

    higher_is_better = True

    @property
    def signature(self) -> str:
        """All that could change a grade, in one line that begins with the name."""
        model, asked = judge(), fingerprint([INSTRUCTIONS, BEST, ASKINGS, MOST_TOKENS])
        who = f"{model.base}@{fingerprint(model.identity)[:8]}"
        return f"{self.name}:{who},asked@{asked[:8]}"  # type: ignore[attr-defined]

    def check(self) -> None:
        """Called before long work."""
        judge()


class Faithfulness(Judged):
    """Mean grade, in [0, 1], of answers that were shown something."""

    name = "faithfulness"
    title = "faithfulness (judged by a language model)"
    kind = "mean"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """The mean of the grades of each row; None without a context, or without a grade."""
        return [
            None if None in found else sum(map(int, found)) / len(found) / BEST  # type: ignore[arg-type]
            for found in grades(rows)
        ]


class Agreement(Judged):
    """Share of answers that the judge graded alike both times."""

    name = "judge_agreement"
    title = "the judge agrees with itself"
    kind = "rate"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where the judge gave no grade."""
        return [None if None in found else float(len(set(found)) == 1) for found in grades(rows)]
