"""``policyqa index``: build the retrieval index, search it, score it, train its embedder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.inert import visible
from policyqa.options import DataOption, JsonOption, data_or_shipped, print_json, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten, stay_offline

if TYPE_CHECKING:
    from rag.retriever import Retriever

index_app = typer.Typer(
    no_args_is_help=True, help="The retrieval index: build, search, score; train its embedder."
)

DEFAULT_EMBEDDER = "minilm-l6"
"""As ``Retriever.of`` has it, known without importing it."""
EmbedderOption = Annotated[
    str, typer.Option(help="Embedding model: a catalogue name, a Hugging Face id or a folder.")
]
Mode = Annotated[
    Literal["hybrid", "dense", "sparse"],
    typer.Option(help="Cosine and BM25 fused, cosine alone, BM25 alone."),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(help="A cross-encoder that orders what is found anew, named likewise."),
]


@index_app.command("build")
def index_build(data: DataOption = None, embedder: EmbedderOption = DEFAULT_EMBEDDER) -> None:
    """Embed the sections of a data folder, unless that is done."""

    index = _retriever(data, embedder).index
    name = index.name  # Reads the documents: what is wrong with them is said before any work.
    with Watch().stage("index") as advance:
        built = index.build(advance)
    print(f"{'built' if built else 'up to date'}: {name}")


@index_app.command("search")
def index_search(
    query: Annotated[str, typer.Argument(help="A question.")],
    data: DataOption = None,
    k: Annotated[int, typer.Option(help="Sections to find.", min=1)] = 5,
    mode: Mode = "hybrid",
    embedder: EmbedderOption = DEFAULT_EMBEDDER,
    reranker: RerankerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the sections nearest to a question, best first."""
    from rag.corpus import one_line

    retriever = _retriever(data, embedder, reranker, mode, k)
    with Watch().stage("index") as advance:
        retriever.build(advance)
    hits = retriever.search([query], k)[0]
    if as_json:
        print_json([{"id": hit.id, "score": hit.score, "text": hit.text} for hit in hits])
        return
    for hit in hits:
        print(f"{hit.score:.3f}  {hit.id}\n       {visible(one_line(hit.text)[:200])}…")


@index_app.command("score")
def index_score(
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    k: Annotated[int, typer.Option(help="Sections found for a question.", min=1)] = 10,
    mode: Mode = "hybrid",
    embedder: EmbedderOption = DEFAULT_EMBEDDER,
    reranker: RerankerOption = None,
    against: Annotated[
        Path | None, typer.Option(help="What --json printed of another retriever.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the sections found for the questions of a split against their evidence.

    Two retrievers compare by: policyqa index score … --json > a.json, then score the other with
    --against a.json.
    """
    from policyqa.retrieval import score_retrieval
    from reports.retrieval import show_retrieval

    retriever = _retriever(data, embedder, reranker, mode, k)
    watch = Watch()
    scored = score_retrieval(retriever, data_or_shipped(data), split, k, against, watch)
    tell(scored, as_json, show_retrieval)


@index_app.command("train")
def index_train(
    data: DataOption = None,
    recipe: Annotated[
        str, typer.Option(help="A shipped recipe or a YAML file.")
    ] = "minilm-l6-sentences",
    model: Annotated[
        str | None, typer.Option(help="Embedder to begin from, in place of the recipe's.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Embedder folder; the cache if unset.")] = None,
) -> None:
    """Fine-tune an embedder on the train split's evidence; prints its folder as the last line.

    The folder is an --embedder. Run again, it goes on where it stopped.
    """
    from finetune.embedder import load_embedder_recipe
    from policyqa.train import train_embedder_recipe

    quieten()
    wanted = load_embedder_recipe(recipe, **({"model": model} if model else {}))
    stay_offline([wanted.model, DEFAULT_EMBEDDER])
    print(train_embedder_recipe(wanted, data_or_shipped(data), out, Watch()))


def _retriever(
    data: Path | None, embedder: str, reranker: str | None = None, mode: str = "hybrid", k: int = 1
) -> "Retriever":
    """The retriever that the options name, once its models are known to be there."""
    from harness.models import catalogue
    from rag.retriever import Retriever

    quieten()
    models = [embedder, reranker] if reranker else [embedder]
    stay_offline(models)
    for model in models:
        catalogue.loadable(model)
    return Retriever.of(data_or_shipped(data), embedder=embedder, reranker=reranker, mode=mode, k=k)
