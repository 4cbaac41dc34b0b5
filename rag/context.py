"""
Passages → the context a prompt shows, within a token budget.

The best passage stands first, each begins with its citation (framework and provision), and none
stands twice. A document's text is data. Each passage stands on one line behind its number, so that
no text of a document can begin a line of the prompt, and markers of a chat template are broken up.
"""

import re
from collections.abc import Sequence

from rag.embedder import Embedder
from rag.stores.store import Hit

_TEMPLATE_MARKER = re.compile(
    r"<(?=[|｜/]?[\w▁-]*[|｜>])"
    r"|\[(?=/?(?:(?i:inst)|[A-Z]+(?:_[A-Z]+)+|CLS|SEP|MASK|PAD|UNK|BOS|EOS|IMG|[gs]MASK)\])"
)
"""How the chat templates of Llama, Qwen, Mistral, DeepSeek, GLM and BERT's kin begin a marker."""


def inert(text: str) -> str:
    """``text`` on one line, without control characters or chat-template markers.

    ``<|im_end|>``, ``</s>`` and ``[INST]`` would otherwise become special tokens of a prompt.
    """
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(_TEMPLATE_MARKER.sub(lambda m: m[0] + " ", printable).split())


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """``hits`` without those that repeat what an earlier one says, in their order.

    What a passage says is its text after its citation, without regard to case and spacing.
    """
    said: dict[str, Hit] = {}
    for hit in hits:
        said.setdefault(inert(hit.body).casefold(), hit)
    return list(said.values())


def assemble(hits: Sequence[Hit], budget: int, embedder: Embedder) -> tuple[str, list[Hit]]:
    """The context of the best ``hits`` that fit, and the hits it shows.

    Taken in order until the next one would pass ``budget`` (tokens of the embedder, so that the
    context does not depend on the model that reads it); the first is cut to fit, so that a
    context is never empty.
    """
    lines: list[str] = []
    shown: list[Hit] = []
    left = budget
    for hit in hits:
        line = f"[{len(lines) + 1}] {inert(hit.text)}"
        spans = embedder.tokens(line)
        if len(spans) > left:
            if not lines and left > 0:
                return line[: spans[left - 1][1]], [hit]
            break
        lines.append(line)
        shown.append(hit)
        left -= len(spans)
    return "\n".join(lines), shown
