"""Drafts → one HTML file on which they are reviewed, each beside the section it was drafted on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.files import fingerprint
from harness.inert import UNSEEN_IN_SCRIPTS
from reports.page.page import ASSETS, environment, packed, script_of
from tasks.drafting.record import DraftedOn, DraftQuestion

HERE = Path(__file__).parent


def drafts_page(
    drafts: Sequence[DraftQuestion], sections: Mapping[str, DraftedOn], data: str
) -> str:
    """The page. The same drafts give the same bytes.

    Args:
        drafts: as they stand.
        sections: by id: all that drafts have as evidence, and those that were withheld.
        data: the data folder, as its user names it.
    """
    places = list(dict.fromkeys(id_ for one in drafts for id_ in _places(one)))
    number = {id_: place for place, id_ in enumerate(places)}
    head = {
        "identity": fingerprint([one.model_dump(exclude={"status"}) for one in drafts]),
        "unseen": UNSEEN_IN_SCRIPTS,
        "sections": [
            {"citation": sections[one].citation, "body": sections[one].body} for one in places
        ],
        "drafts": [_shown(one, number) for one in drafts],
    }
    unpacking = (ASSETS / "unpacking.js").read_text(encoding="utf-8")
    return (
        environment(HERE)
        .get_template("page.html")
        .render(
            title=f"{len(drafts)} drafts of {data}",
            data=data,
            style="\n".join(
                path.read_text(encoding="utf-8")
                for path in (ASSETS / "page.css", HERE / "review.css")
            ),
            head=packed(head),
            script="\n".join(
                [unpacking, script_of("text"), (HERE / "review.js").read_text(encoding="utf-8")]
            ),
        )
    )


def _places(draft: DraftQuestion) -> list[str]:
    return [*draft.evidence, *draft.withheld]


def _shown(draft: DraftQuestion, number: Mapping[str, int]) -> dict[str, object]:
    return {
        "id": draft.id,
        "status": draft.status,
        "kind": draft.kind,
        "split": draft.split,
        "question": draft.question,
        "answer": (draft.answer or "") if draft.answerable else "",
        "facts": "; ".join(fact.value for fact in draft.facts),
        "answerable": draft.answerable,
        "doubts": draft.doubts,
        "sections": [number[one] for one in _places(draft)],
    }
