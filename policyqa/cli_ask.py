"""``policyqa ask``: one question to one checkpoint, answered as it is made, with its sources."""

import sys
import textwrap
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.inert import visible
from policyqa.options import DataOption, JsonOption, data_or_shipped, print_json
from policyqa.progress import Watch
from policyqa.quiet import quieten, stay_offline

if TYPE_CHECKING:
    from finetune.checkpoint import Weights
    from harness.kept import Answer
    from rag.corpus import Section
    from rag.retriever import Retriever

EXCERPT = 100
"""Characters of a source that are printed, at most."""


def ask(
    checkpoint: Annotated[
        str,
        typer.Argument(help="A checkpoint or model folder, a catalogue name or Hugging Face id."),
    ],
    question: Annotated[str, typer.Argument(help="What is asked.")],
    rag: Annotated[bool, typer.Option("--rag", help="Show the model retrieved sections.")] = False,
    data: DataOption = None,
    k: Annotated[
        int | None, typer.Option(help="Sections to show; the evaluation's if unset.", min=1)
    ] = None,
    budget: Annotated[int | None, typer.Option(help="Tokens of context, likewise.", min=1)] = None,
    embedder: Annotated[
        str | None, typer.Option(help="Embedding model of the search, likewise.")
    ] = None,
    precision: Annotated[
        Literal["int8", "nf4", "bf16", "fp32"] | None,
        typer.Option(help="Of the base's weights; their own if unset."),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(help="Of the answer; the evaluation's if unset. To think takes more.", min=1),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question as policyqa run has it answered; with --rag, from retrieved sections."""
    from finetune.checkpoint import find_weights
    from harness.variants import Decoding
    from policyqa.ask import answer, make_prompt, prompt_for, with_text

    quieten()
    with_text(question)
    search = {"data": data, "k": k, "budget": budget, "embedder": embedder}
    weights = find_weights(checkpoint)
    retriever = _prepare(weights, rag, search)
    _note_other_prompt(checkpoint, weights, rag)
    watch = Watch()
    prompt = prompt_for(weights, rag)
    text, sources = make_prompt(prompt, question, data_or_shipped(data), retriever, watch)
    hear = (lambda _: None) if as_json else _show_piece
    most = max_tokens or Decoding.max_tokens
    given = answer(prompt, text, weights, precision, watch, hear, most)
    if as_json:
        shown = [{"id": s.id, "citation": s.citation, "score": score} for s, score in sources]
        print_json({"answer": given.text, "prompt_tokens": given.prompt_tokens, "sources": shown})
    else:
        print("" if given.text else f"(an empty answer{_thought(given, most)})")
        _show(sources)


def _prepare(weights: "Weights", rag: bool, search: dict[str, Any]) -> "Retriever | None":
    """The retriever the options name, if one is wanted, once the models are known to be there."""
    from harness.errors import ConfigError
    from harness.models import catalogue
    from rag.embedder import EMBEDDER
    from rag.retriever import Retriever

    set_options = {name: value for name, value in search.items() if value is not None}
    if set_options and not rag:
        names = ", ".join(f"--{name}" for name in set_options)
        raise ConfigError(f"{names} without --rag: nothing is searched; add --rag")
    models = [weights.base, search["embedder"] or EMBEDDER] if rag else [weights.base]
    stay_offline(models)
    for model in models:
        catalogue.loadable(model)
    return Retriever.of(**{**set_options, "data": data_or_shipped(search["data"])}) if rag else None


def _note_other_prompt(checkpoint: str, weights: "Weights", rag: bool) -> None:
    """Say on standard error that the checkpoint was trained on another prompt, if it was."""
    trained = weights.prompt
    if trained and trained.shows_context is not rag:
        how = "with" if trained.shows_context else "without"
        advice = f"was trained {how} retrieved sections: ask it {how} --rag"
        print(f"note: {checkpoint} {advice}", file=sys.stderr)


def _thought(given: "Answer", max_tokens: int) -> str:
    """Why an answer is empty, where it was all thoughts."""
    if given.cut is None:
        return ""
    more = f", which took all {max_tokens} tokens: raise --max-tokens" if given.cut else ""
    return f": it wrote nothing but thoughts{more}"


def _show_piece(text: str) -> None:
    """Print some of an answer as it comes, which a model wrote."""
    print(visible(text), end="", flush=True)


def _show(sources: "list[tuple[Section, float]]") -> None:
    """Print where the sections come from, numbered as in the prompt, and how each begins."""
    from rag.corpus import one_line

    if sources:
        print()
    for number, (source, score) in enumerate(sources, start=1):
        print(visible(f"[{number}] {one_line(source.citation)} ({source.id}, {score:.3f})"))
        begins = textwrap.shorten(one_line(source.body), EXCERPT, placeholder="…")
        print(f"    {visible(begins)}")
