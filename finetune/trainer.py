"""
trl's SFTTrainer, with logits of the answers alone and resumption to the same weights.

Two things make a resumed run end in the same weights as an undisturbed one (CPU, same seed):
the length-grouped order of an epoch is drawn from seed and epoch alone, and the adapter is kept
in float32 (trl casts it to bf16 on an int8 base, which a resume would not repeat).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from torch.utils.data import Sampler
from transformers import (
    AutoModelForCausalLM,
    DataCollatorForSeq2Seq,
    PrinterCallback,
    Trainer,
)
from transformers.trainer_pt_utils import get_length_grouped_indices
from trl import SFTConfig, SFTTrainer

from finetune.callback import TellAndMark
from finetune.examples import IGNORED, Examples
from finetune.recipe import Recipe
from harness.errors import ConfigError
from harness.models.policyqa_hf import quantisation
from harness.progress import Advance


def make_trainer(
    work: Path,
    recipe: Recipe,
    folder: str,
    tokenizer: Any,
    splits: dict[str, Examples],
    advance: Advance,
) -> "AnswerTrainer":
    """A trainer of ``recipe`` that saves its states into ``work``.

    Args:
        work: folder of saved states and the TensorBoard log.
        recipe: what to do.
        folder: of the base model, or its Hugging Face id.
        tokenizer: of the base, padding on the left.
        splits: examples of ``train`` and ``validation``.
        advance: hears updates done and in all.

    Raises:
        ConfigError: the precision needs a device this machine lacks.
    """
    trainer = AnswerTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, **_precision(recipe.precision)),
        args=_arguments(work, recipe),
        train_dataset=_dataset(splits["train"]),
        eval_dataset=_dataset(splits["validation"]),
        processing_class=tokenizer,
        data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=recipe.lora_rank,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=list(recipe.target_modules),
            bias="none",
        ),
        callbacks=[TellAndMark(advance)],
    )
    trainer.remove_callback(PrinterCallback)
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return trainer


def _precision(precision: str) -> dict[str, Any]:
    """What ``from_pretrained`` takes to load a base in that precision."""
    if precision == "int8":
        return {"quantization_config": quantisation()}
    if precision == "bf16" and torch.cuda.is_available() and not torch.cuda.is_bf16_supported():
        raise ConfigError("precision bf16 needs a device that has it; this one does not: use fp32")
    return {"dtype": torch.bfloat16 if precision == "bf16" else torch.float32}


def _arguments(work: Path, recipe: Recipe) -> SFTConfig:
    return SFTConfig(
        output_dir=str(work),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation,
        activation_checkpointing=recipe.gradient_checkpointing,
        optim=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_gradient_norm,
        max_length=recipe.max_tokens,
        train_sampling_strategy="group_by_length",
        bf16=False,
        fp16=False,
        save_steps=recipe.save_every,
        save_total_limit=2,
        logging_steps=recipe.log_every,
        logging_first_step=True,
        eval_strategy="no",
        prediction_loss_only=True,
        report_to="tensorboard",
        disable_tqdm=True,
        seed=recipe.seed,
        use_cpu=not torch.cuda.is_available(),
    )


def _dataset(examples: Examples) -> Any:
    rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in examples.rows]
    return Dataset.from_list(rows)


class AnswerTrainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer with logits of the answers alone, and an order of seed and epoch alone."""

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Cross-entropy of the answers.

        Batches are padded on the left, so all answers end in the last column and the logits
        before the longest of them, most of the work of a 49,152-word vocabulary, are left out.
        """
        labels = inputs["labels"]
        first = int((labels != IGNORED).any(dim=0).nonzero()[0])
        keep = labels.shape[1] - first + 1  # Position i predicts i + 1.
        shorter = {**inputs, "labels": labels[:, -keep:], "logits_to_keep": keep}
        return Trainer.compute_loss(self, model, shorter, *args, **options)

    def _get_train_sampler(self, train_dataset: Any = None) -> "LengthGrouped":
        rows = train_dataset if train_dataset is not None else self.train_dataset
        batch = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthGrouped([len(ids) for ids in rows["input_ids"]], batch, self.args.seed)


class LengthGrouped(Sampler):  # type: ignore[misc]
    """Indices in batches of similar length, in an order drawn from seed and epoch."""

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The trainer calls this at the start of each epoch, also when it resumes."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1000 + self._epoch)
        return iter(
            get_length_grouped_indices(self._lengths, self._batch_size, generator=generator)
        )
