"""
Passages, or sentences of them → the context a prompt shows, within a token budget.

The best passage stands first, each begins with its citation (framework and provision), and none
stands twice. A document's text is data. Each passage stands on one line behind its number, so that
no text of a document can begin a line of the prompt, and markers of a chat template are broken up.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.corpus import cited
from rag.embedder import Embedder
from rag.sentences import Sentence
from rag.stores.store import Hit

_TEMPLATE_MARKER = re.compile(
    r"<(?=[|｜/]?[\w▁-]*[|｜>])"
    r"|\[(?=/?(?:(?i:inst)|[A-Z]+(?:_[A-Z]+)+|CLS|SEP|MASK|PAD|UNK|BOS|EOS|IMG|[gs]MASK)\])"
)
"""How the chat templates of Llama, Qwen, Mistral, DeepSeek, GLM and BERT's kin begin a marker."""


@dataclass(frozen=True)
class Excerpt:
    """What a prompt shows of the documents."""

    text: str = ""
    ids: tuple[str, ...] = ()
    """Section ids, best first."""
    scores: tuple[float, ...] = ()
    """What they scored (``Hit.score``); 1.0 for sections that were given, not retrieved."""
    best: str = ""
    """What the first of them says, whole and without its citation."""
    sentence: str = ""
    """The sentence that ranked best of all that were found."""
    nearness: float | None = None
    """Its cosine to the question, in [-1, 1]; None where there is none. Another may be nearer, of a
    section that is less so."""


def inert(text: str) -> str:
    """``text`` on one line, without control characters or chat-template markers.

    ``<|im_end|>``, ``</s>`` and ``[INST]`` would otherwise become special tokens of a prompt.
    """
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(_TEMPLATE_MARKER.sub(lambda m: m[0] + " ", printable).split())


def assemble(
    hits: Sequence[Hit], ranked: Sequence[Sentence], budget: int, embedder: Embedder
) -> Excerpt:
    """The best ``hits`` that fit, whole.

    Taken in order until the next one would pass ``budget`` (tokens of the embedder, so that the
    context does not depend on the model that reads it); the first is cut to fit, so that a
    context is never empty.

    Args:
        hits: best first.
        ranked: their sentences, best first.
        budget: tokens, from 0.
        embedder: counts them.
    """
    lines: list[str] = []
    shown: list[Hit] = []
    left = budget
    for hit in hits:
        line = f"[{len(lines) + 1}] {inert(hit.text)}"
        needed = len(embedder.tokens(line))
        if needed > left:
            break
        lines.append(line)
        shown.append(hit)
        left -= needed
    if hits and not lines and budget > 0:
        return _excerpt([_cut(f"[1] {inert(hits[0].text)}", budget, embedder)], hits[:1], ranked)
    return _excerpt(lines, shown, ranked)


def assemble_sentences(
    hits: Sequence[Hit], ranked: Sequence[Sentence], budget: int, embedder: Embedder
) -> Excerpt:
    """The best sentences of ``hits`` that fit, those of a passage in its order on its line.

    Passages stand in the order of their best sentences. Taken and cut as by ``assemble``.
    """
    chosen: dict[str, list[Sentence]] = defaultdict(list)
    left = budget
    for one in ranked:
        opening = "" if one.id in chosen else f"[{len(chosen) + 1}] {inert(one.citation)}: "
        needed = len(embedder.tokens(opening)) + len(embedder.tokens(inert(one.body)))
        if needed > left:
            break
        chosen[one.id].append(one)
        left -= needed
    by_id = {hit.id: hit for hit in hits}
    if ranked and not chosen and budget > 0:
        line = _cut(f"[1] {inert(ranked[0].text)}", budget, embedder)
        return _excerpt([line], [by_id[ranked[0].id]], ranked)
    lines = [
        f"[{number}] {inert(_joined(some))}" for number, some in enumerate(chosen.values(), start=1)
    ]
    return _excerpt(lines, [by_id[id_] for id_ in chosen], ranked)


def reordered(excerpt: Excerpt, order: Sequence[int]) -> Excerpt:
    """An excerpt with its passages, by their places from 0, in another order."""
    lines = [line.partition(" ")[2] for line in excerpt.text.split("\n")] if excerpt.text else []
    return replace(
        excerpt,
        text="\n".join(f"[{n}] {lines[place]}" for n, place in enumerate(order, start=1)),
        ids=tuple(excerpt.ids[place] for place in order),
        scores=tuple(excerpt.scores[place] for place in order),
    )


def _joined(some: Sequence[Sentence]) -> str:
    in_order = sorted(some, key=lambda one: one.place)
    return cited(in_order[0].citation, " ".join(one.body for one in in_order))


def _cut(line: str, budget: int, embedder: Embedder) -> str:
    spans = embedder.tokens(line)
    return line[: spans[min(budget, len(spans)) - 1][1]]


def _excerpt(lines: Sequence[str], shown: Sequence[Hit], ranked: Sequence[Sentence]) -> Excerpt:
    return Excerpt(
        "\n".join(lines),
        tuple(hit.id for hit in shown),
        tuple(hit.score for hit in shown),
        shown[0].body if shown else "",
        inert(ranked[0].body) if ranked and shown else "",
        ranked[0].nearness if ranked and shown else None,
    )
