"""What the trained models of a run had met of its questions before they were asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import BenchError, RunError
from harness.models.adapter import read_record
from harness.runs import read_result
from tasks.checking.exposure import Met, met_in_training, same_sections
from tasks.checking.likeness import Remembering, TextEmbedder
from tasks.policyqa.documents import question_of
from tasks.policyqa.questions import Question, data_identity
from tasks.policyqa.trained import TrainedOn, read_trained, section_bodies


@dataclass(frozen=True)
class Seen:
    """What a variant's weights had met; of several seeds, what any of them had."""

    trained_on: int
    """Questions, at most."""
    met: dict[str, Met]
    """By the id of a scored question."""
    chosen_on: list[str]
    """Ids of scored questions by whose like training chose the state that was kept."""
    same_evidence: dict[str, str]
    """By the id of a scored question, a section of its evidence that was evidence in training."""


def seen_in_run(
    run: Path, manifest: dict[str, Any], embedder: TextEmbedder
) -> tuple[dict[str, Seen], dict[str, str]]:
    """By variant, what its weights had met; and of those where nobody can tell, why.

    Variants without trained weights are in neither. Where there is none that has, nothing is read
    and nothing embedded.

    Args:
        run: a finished run, with its links to checkpoints.
        manifest: the run's.
        embedder: compares what letters do not.

    Raises:
        RunError: a variant is unfinished.
        DataError: a file of the run is damaged.
    """
    weights = {name: checkpoints_of(manifest, name) for name in manifest["variants"]}
    labels = dict.fromkeys(label for found in weights.values() for label in found)
    if not labels:
        return {}, {}
    outcomes = read_result(run, manifest["baseline"]).outcomes.values()
    scored = [question_of(one.document) for one in outcomes]
    data = Path(manifest["suite"]["data"])
    bodies = _bodies_as_scored(data, manifest)
    remembering = Remembering(embedder)
    found: dict[str, Seen] = {}
    why: dict[str, str] = {}
    for label in labels:
        try:
            trained = _trained(run / "checkpoints" / label, data)
        except BenchError as error:
            why[label] = str(error)
        else:
            found[label] = _seen(scored, bodies, trained, remembering)
    told = {name: one for name, one in weights.items() if one and not set(one) & set(why)}
    untold = {name: why[label] for name, one in weights.items() for label in one if label in why}
    return {name: _together([found[label] for label in one]) for name, one in told.items()}, untold


def checkpoints_of(manifest: dict[str, Any], variant: str) -> list[str]:
    """The names of a variant's checkpoints in its run's folder; none where none is trained."""
    described = manifest["variants"][variant]
    if not described["trained"]:
        return []
    named = [
        "+".join([described["model"], *(w for w in one.split("+") if w.startswith("seed="))])
        for one in described["replicates"]
    ]
    return list(dict.fromkeys(named))


def _trained(checkpoint: Path, data: Path) -> TrainedOn:
    if not checkpoint.is_dir():
        raise RunError(
            f"{checkpoint} is not there any more (the cache was cleared, or the run moved without "
            "it): run the suite again"
        )
    return read_trained(checkpoint, read_record(checkpoint), data)


def _bodies_as_scored(data: Path, manifest: dict[str, Any]) -> dict[str, str]:
    """What the sections say that were scored on; nothing where the data is gone or changed."""
    there = (data / "questions.jsonl").is_file()
    if not there or data_identity(data) != manifest["scored_on"]["data"]:
        return {}
    return section_bodies(data)


def _seen(
    scored: Sequence[Question], bodies: dict[str, str], trained: TrainedOn, embedder: TextEmbedder
) -> Seen:
    taught = trained.of("train")
    twins = same_sections(
        {id_: bodies.get(id_) for one in scored for id_ in one.evidence},
        {id_: trained.sections.get(id_) for one in taught for id_ in one.evidence},
    )
    # Documents have other names where they were imported again.
    names = {theirs: ours for ours, theirs in twins.items()}
    return Seen(
        trained_on=len(taught),
        met=met_in_training(scored, [_renamed(one, names) for one in taught], embedder),
        chosen_on=list(met_in_training(scored, trained.of("validation"), embedder)),
        same_evidence={
            one.id: next(twins[id_] for id_ in one.evidence if id_ in twins)
            for one in scored
            if any(id_ in twins for id_ in one.evidence)
        },
    )


def _renamed(question: Question, names: dict[str, str]) -> Question:
    """The question with its evidence called as the scored questions call the same sections."""
    return question.model_copy(
        update={"evidence": [names.get(id_, id_) for id_ in question.evidence]}
    )


def _together(found: Sequence[Seen]) -> Seen:
    """What any of several seeds had met."""
    first = found[0]
    for one in found[1:]:
        first = replace(
            first,
            trained_on=max(first.trained_on, one.trained_on),
            met=one.met | first.met,
            chosen_on=list(dict.fromkeys([*first.chosen_on, *one.chosen_on])),
            same_evidence=one.same_evidence | first.same_evidence,
        )
    return first
