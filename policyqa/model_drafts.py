"""A model of the user's suite drafts questions, section by section; what it says is kept."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from lm_eval.api.instance import Instance
from more_itertools import chunked

from harness.errors import ConfigError
from harness.kept import Kept, Use
from harness.models.called import CalledEngine
from harness.models.engines import Engine, LocalEngine
from harness.models.keeping import KeepingLM
from harness.models.loading import Loader
from harness.models.served import ServedEngine
from harness.thoughts import NO_ROOM, ONLY_THOUGHTS
from harness.variants import Context, Model, Prompt, Variant
from policyqa.progress import Watch
from policyqa.suite import load_suite
from rag.corpus import Section
from rag.embedder import EMBEDDER
from tasks.drafting.asked import Drafted
from tasks.drafting.draft import AskSections

QUESTIONS_A_SECTION = 3
MOST_TOKENS = 400
"""Of what a model drafts on a section."""
_INSTRUCTION = (
    "Here is a section of a document. Write {count} questions that it answers by itself, as "
    "somebody would ask who has not read it, each with a short answer that says only what the "
    "section says. Write each as two lines, one that begins with Question: and one that begins "
    "with Answer:.\n\n{citation}\n{body}\n"
)
_NO_CONTEXT = Context("none", "none", 0, 0, EMBEDDER)
_DRAFTED = re.compile(
    r"^\W*(?:\d+\W+)?Q(?:uestion)?(?: ?\d+)?[*_ ]*:\W*(?P<question>[^\n]+\?)\W*\n+"
    r"\W*A(?:nswer)?(?: ?\d+)?[*_ ]*:(?P<answer>.+?)"
    r"(?=\n\s*\n|\n\W*(?:\d+\W+)?Q(?:uestion)?(?: ?\d+)?[*_ ]*:|\Z)",
    re.MULTILINE | re.IGNORECASE | re.DOTALL,
)
_EMPHASIS = re.compile(r"[*_]{1,3}")
AT_ONCE = 32
"""Sections that a model is asked about together."""


def asked_by_model(by: str, data: Path, watch: Watch) -> AskSections:
    """What drafts by a model of a suite, as ``mine.yaml:served``; what it says is kept.

    Raises:
        ConfigError: there is no such suite or row, or it is none that can be told what to do.
    """
    name, colon, row = by.rpartition(":")
    if not colon:
        raise ConfigError(f"--by {by}: name a suite and a row of its models, as {by}:MODEL")
    suite = load_suite(name)
    models = {
        one: model
        for one, model in suite.tables.models.items()
        if model.kind != "answers" and not model.recipe
    }
    if row not in models:
        raise ConfigError(
            f"--by {by}: {row!r} is no model of {name} that can be asked to draft; there are "
            f"{', '.join(models) or 'none'}, named as {name}:MODEL"
        )
    return partial(
        _asked_by, models[row], suite.batch_size, Use(suite.name, str(data.resolve()), row), watch
    )


def _asked_by(
    model: Model, batch_size: int, use: Use, watch: Watch, sections: Sequence[Section]
) -> Iterator[list[Drafted]]:
    engine = _engine(model, batch_size)
    with closing(Kept()) as kept:
        lm = KeepingLM(model.identity, engine, kept, use, say=watch.say)
        for some in chunked(sections, AT_ONCE):
            requests = [_request(one, lm, engine) for one in some]
            lm.generate_until(requests)
            silent = [lm.unanswered.get(one.id) in (NO_ROOM, ONLY_THOUGHTS) for one in some]
            if any(silent):
                watch.say(
                    f"{model.name} thought on {sum(silent)} of {len(some)} sections and came to no "
                    f"draft within {MOST_TOKENS} tokens: have it think less (docs/suites.md)"
                )
            yield from (drafted_in(lm.without_thoughts.get(one.id, "")) for one in some)


def _request(section: Section, lm: KeepingLM, engine: Engine) -> Instance:
    text = _INSTRUCTION.format(
        count=QUESTIONS_A_SECTION, citation=section.citation, body=section.body
    )
    renders = getattr(engine, "takes_chats", False) or (engine.renderer and lm.chat_template())
    prompt = lm.apply_chat_template([{"role": "user", "content": text}]) if renders else text
    settings = {"until": ["\n\n\n"], "max_gen_toks": MOST_TOKENS, "do_sample": False}
    return Instance("generate_until", {"id": section.id, "question": text}, (prompt, settings), 0)


def _engine(model: Model, batch_size: int) -> Engine:
    if model.kind == "served":
        return ServedEngine(model)
    if model.kind == "call":
        return CalledEngine(Variant(model.name, model, Prompt("", "{question}"), _NO_CONTEXT))
    return LocalEngine(model, partial(Loader(batch_size).load, model), batch_size)


def drafted_in(text: str) -> list[Drafted]:
    """The questions with answers that a model wrote, each once; what has another form is left."""
    found: dict[str, Drafted] = {}
    for match in _DRAFTED.finditer(text):
        question, answer = (" ".join(_EMPHASIS.sub("", one).split()) for one in match.groups())
        if answer:
            found.setdefault(question, Drafted("drafted", question, answer))
    return list(found.values())
