"""
Pairs → a fine-tuned embedder: sentence-transformers' own trainer and loss. Killed, it goes on.

    policyqa index train --data DIR

The loss is a softmax over each question's cosines to all passages of its batch (Henderson et al.
2017, https://arxiv.org/abs/1705.00652, section 4.4). All updates are planned beforehand: a resumed
run has but to skip those it has done.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import PrinterCallback

from finetune.callback import TellAndMark, shared_arguments
from finetune.embedder import EmbedderRecipe
from finetune.pairs import Pair, Pairs, batches
from finetune.work import last_state
from harness.files import write_json
from harness.models import catalogue
from harness.models.adapter import RECORD
from harness.models.failures import load_explained
from harness.progress import Advance, silent


def train_embedder(
    work: Path,
    recipe: EmbedderRecipe,
    pairs: Pairs,
    determinants: dict[str, Any],
    advance: Advance = silent,
) -> None:
    """Fill ``work`` with an embedder sentence-transformers loads, its record last.

    It goes on from the last state there (``finetune.work.finish``); ``determinants`` are recorded,
    and ``advance`` hears updates done and in all.

    Raises:
        ModelError: the model cannot be loaded.
    """
    with load_explained("embedder", recipe.model):
        model = SentenceTransformer(catalogue.resolve(recipe.model))
    window = model.max_seq_length
    model.max_seq_length = min(recipe.max_tokens, window or recipe.max_tokens)
    planned = batches(pairs.rows, recipe)
    trainer = PairTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            **shared_arguments(work, recipe),
            num_train_epochs=1,  # Of planned updates, which are those of all the recipe's epochs.
            batch_sampler=lambda *_, **__: planned,
            lr_scheduler_type="linear",
            report_to="none",
        ),
        train_dataset=Dataset.from_list([_row(pair) for pair in pairs.rows]),
        loss=MultipleNegativesRankingLoss(model, scale=recipe.scale),
        callbacks=[TellAndMark(advance)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=last_state(work))
    model.max_seq_length = window
    trainer.save_model(str(work))
    logged = [line for line in trainer.state.log_history if "loss" in line]
    record = {
        "recipe": recipe.model_dump(mode="json"),
        "determinants": determinants,
        "data": {
            "train_questions": pairs.questions,
            "without_evidence": pairs.without_evidence,
            "pairs": len(pairs.rows),
        },
        "metrics": {
            "updates": trainer.state.global_step,
            "losses": [[line["step"], line["loss"]] for line in logged],
        },
        "versions": {**determinants["versions"], "policyqa-bench": version("policyqa-bench")},
    }
    write_json(work / RECORD, record)


def _row(pair: Pair) -> dict[str, str]:
    """The texts of a pair, as sentences are embedded and as questions are."""
    negatives = {f"negative_{n}": one.text for n, one in enumerate(pair.negatives, start=1)}
    return {"anchor": pair.question, "positive": pair.positive.text, **negatives}


class PairTrainer(SentenceTransformerTrainer):  # type: ignore[misc]
    """Sentence-transformers' trainer, that saves a model and nothing else."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """No model card: it would tell of this machine, and change the folder's hash."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        del state_dict
        self.model.save_pretrained(output_dir or self.args.output_dir, create_model_card=False)
