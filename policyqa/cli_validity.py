"""``policyqa validity``: how far metrics agree with people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from harness.errors import ConfigError
from policyqa.options import JsonOption, print_json

if TYPE_CHECKING:
    from harness.metrics import Metric
    from reports.judged import ScoredWith


def validity(
    preferences: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV with the columns question, a, b, preferred (a, b or tie), and if there "
            "are any rater, reference, context, note."
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run whose variants the columns a and b name.")
    ] = None,
    mtrag: Annotated[
        Path | None,
        typer.Option(help="In place of a CSV, the human ratings of IBM/mt-rag-benchmark."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="This metric, one of yours too; repeat it. All of ours if unset."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="BERTScore's; the run's, or ours, if unset.")
    ] = None,
    encoder_layer: Annotated[int | None, typer.Option(help="Of it, to match.", min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how often each metric prefers the answer people prefer."""
    from policyqa.quiet import quieten, stay_offline

    quieten()
    from harness.metrics import check
    from harness.metrics.bertscore import EncoderMetric
    from policyqa.progress import Watch
    from reports.preferences import read_preferences
    from reports.public_ratings import read_public_ratings
    from reports.terminal import show_tables
    from reports.validity import check_validity
    from reports.validity_tables import validity_tables

    if (preferences is None) == (mtrag is None) or (run and mtrag):
        raise ConfigError(
            "name one of two: a CSV of preferences (with --run RUN where it names variants), or "
            "--mtrag FOLDER"
        )
    judged = read_public_ratings(mtrag) if mtrag else read_preferences(preferences or Path(), run)
    metrics = _metrics(judged.scored_with, metric, encoder, encoder_layer)
    stay_offline(one.encoder for one in metrics if isinstance(one, EncoderMetric))
    check(metrics)
    with Watch().stage("scoring what was judged"):
        found = check_validity(judged, metrics)
    if as_json:
        print_json(found.as_json())
    else:
        show_tables(validity_tables(found), found.signature, Console())


def _metrics(
    wanted: "ScoredWith", names: list[str] | None, encoder: str | None, layer: int | None
) -> "list[Metric]":
    """Those named, or all of ours and of the run's."""
    from harness.metrics import make_metrics, metric_names

    named = names or list(dict.fromkeys([*metric_names(), *wanted.metrics]))
    if encoder is None:
        return make_metrics(named, wanted.encoder, layer or wanted.layer)
    return make_metrics(named, encoder, layer)
