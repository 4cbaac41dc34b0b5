"""Drafts → one HTML file on which they are reviewed, each beside the section it was drafted on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.files import fingerprint
from harness.inert import UNSEEN_IN_SCRIPTS
from reports.page.page import ASSETS, environment, packed, script_of
from tasks.drafting.record import DraftQuestion

_HERE = Path(__file__).parent


class DraftedOn(Protocol):
    """A section that questions were drafted on."""

    @property
    def citation(self) -> str:
        """What it is headed by."""
        ...

    @property
    def body(self) -> str:
        """Its text."""
        ...


def drafts_page(
    drafts: Sequence[DraftQuestion],
    places: Mapping[str, DraftedOn],
    data: Path,
    command: str,
    minutes: float,
) -> str:
    """The page. The same drafts give the same bytes.

    Args:
        drafts: as they stand.
        places: the sections they were drafted on, by id.
        data: their folder, under which a browser keeps what is done.
        command: that reads the review back.
        minutes: that the review of one takes.
    """
    shown = list(dict.fromkeys(id_ for one in drafts for id_ in one.places))
    head = {
        "identity": fingerprint(str(data.resolve())),
        "unseen": UNSEEN_IN_SCRIPTS,
        "minutes": minutes,
        "sections": {id_: [places[id_].citation, places[id_].body] for id_ in shown},
        "drafts": [_shown(one) for one in drafts],
    }
    style = [ASSETS / "page.css", _HERE / "review.css"]
    template = environment(_HERE).get_template("page.html")
    return template.render(
        title=f"{len(drafts)} drafts of {data}",
        command=command,
        style="\n".join(path.read_text(encoding="utf-8") for path in style),
        head=packed(head),
        script="\n".join(
            [
                *map(script_of, ("unpacking", "text", "csv")),
                (_HERE / "review.js").read_text(encoding="utf-8"),
            ]
        ),
    )


def _shown(draft: DraftQuestion) -> dict[str, object]:
    before = draft.as_drafted
    return {
        "id": draft.id,
        "status": draft.status,
        "version": draft.version,
        "kind": draft.kind,
        "split": draft.split,
        "question": draft.question,
        "answer": draft.shown_answer,
        "facts": draft.shown_facts,
        "before": [before.question, before.shown_answer, before.shown_facts],
        "answerable": draft.answerable,
        "doubts": draft.doubts,
        "sections": draft.places,
    }
