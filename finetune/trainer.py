"""
trl's SFTTrainer, with logits of the answers alone and resumption to the same weights.

Two things make a resumed run end in the same weights as an undisturbed one (CPU, same seed):
the length-grouped order of an epoch is drawn from seed and epoch alone, and the adapter is kept
in float32 (trl casts it to bf16 on an int8 base, which a resume would not repeat).
"""

import math
import re
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from torch.nn.functional import cross_entropy
from transformers import (
    DataCollatorForSeq2Seq,
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerState,
)
from trl import SFTConfig, SFTTrainer

from finetune.callback import TellAndMark, shared_arguments
from finetune.examples import IGNORED, Examples
from finetune.recipe import Recipe
from finetune.sampler import LengthGrouped
from finetune.work import COMPLETE, ENDED
from harness.errors import TrainingError
from harness.models.onednn import by_onednn
from harness.models.precision import load_base
from harness.models.weights import linear_layers
from harness.progress import Advance


def make_trainer(
    work: Path,
    recipe: Recipe,
    folder: str,
    tokenizer: Any,
    splits: dict[str, Examples],
    advance: Advance,
) -> "AnswerTrainer":
    """A trainer of ``recipe`` that saves its states and the TensorBoard log into ``work``.

    Args:
        folder: of the base model, or its Hugging Face id.
        tokenizer: of the base, padding on the left.
        splits: examples of ``train`` and ``validation``.
        advance: hears updates done and in all.
    """
    base = load_base(folder, recipe.precision)
    patience = [EarlyStoppingCallback(recipe.patience)] if recipe.patience else []
    trainer = AnswerTrainer(
        model=base,
        args=_arguments(work, recipe),
        train_dataset=_dataset(splits["train"]),
        eval_dataset=_dataset(splits["validation"]),
        processing_class=tokenizer,
        data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
        peft_config=adapter_config(recipe, base),
        callbacks=[TellAndMark(advance), *patience],
    )
    trainer.remove_callback(PrinterCallback)
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    by_onednn(trainer.model)
    return trainer


def adapter_config(recipe: Recipe, base: Any) -> LoraConfig:
    """The adapter that ``recipe`` trains on the model ``base``."""
    layers = recipe.adapted(base.config.get_text_config().num_hidden_layers)
    named, last = recipe.target_modules, recipe.last_layers is not None
    if named == "all-linear" and last:
        # peft takes layers with names alone.
        named, last = tuple(adapted_layers(base, recipe)), False
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        use_rslora=recipe.rslora,
        target_modules=named if isinstance(named, str) else list(named),
        layers_to_transform=list(layers) if last else None,
        bias="none",
    )


def adapted_layers(base: Any, recipe: Recipe) -> dict[str, Any]:
    """The linear layers of ``base`` that get an adapter, by name."""
    layers = recipe.adapted(base.config.get_text_config().num_hidden_layers)
    named = recipe.target_modules
    ends = (
        rf"\.{layer}\..*{name}$"
        for layer in layers
        for name in ([""] if named == "all-linear" else named)
    )
    wanted = re.compile("|".join(ends))
    return {name: one for name, one in linear_layers(base).items() if wanted.search(name)}


def _arguments(work: Path, recipe: Recipe) -> SFTConfig:
    return SFTConfig(
        **shared_arguments(work, recipe),
        num_train_epochs=recipe.epochs,
        per_device_eval_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation,
        activation_checkpointing=recipe.gradient_checkpointing,
        optim=recipe.optimizer,
        lr_scheduler_type=(
            "constant_with_warmup" if recipe.schedule == "constant" else recipe.schedule
        ),
        max_length=recipe.max_tokens,
        train_sampling_strategy="group_by_length",
        bf16=recipe.autocast,
        fp16=False,
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=recipe.save_every,
        load_best_model_at_end=True,
        metric_for_best_model="loss",
        restore_callback_states_from_checkpoint=True,
        prediction_loss_only=True,
        report_to="tensorboard",
        ddp_find_unused_parameters=False,
    )


def _dataset(examples: Examples) -> Any:
    rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in examples.rows]
    return Dataset.from_list(rows)


class AnswerTrainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer with logits of the answers alone, and an order of seed and epoch alone."""

    _tokens = 0
    """That this process trained on since the last line of the log, padding left out."""
    _seconds = 0.0
    """That forward and backward passes took meanwhile."""
    _measured: Any = None
    """Of the measurement under way: summed loss, tokens predicted right, tokens in all; (3,)."""

    def carry_out(self, state: str | None) -> None:
        """Train from a saved state, or from the beginning, to the weights that measured best.

        transformers would go on from a state that was the last: after a stop without patience
        left, or at the end of a number of epochs that is no whole one.
        """
        if state is None or (Path(state) / COMPLETE).read_text(encoding="utf-8") != ENDED:
            self.train(resume_from_checkpoint=state)
            return
        self.state = TrainerState.load_from_json(str(Path(state) / "trainer_state.json"))
        self._load_best_model()

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Cross-entropy of the answers.

        Batches are padded on the left, so all answers end in the last column and the logits
        before the longest of them, most of the work of a 49,152-word vocabulary, are left out.
        """
        labels = inputs["labels"]
        first = int((labels != IGNORED).any(dim=0).nonzero()[0])
        keep = labels.shape[1] - first + 1  # Position i predicts i + 1.
        shorter = {**inputs, "labels": labels[:, -keep:], "logits_to_keep": keep}
        loss, outputs = Trainer.compute_loss(self, model, shorter, True, num_items_in_batch)
        if not model.training:
            # Of all processes, without what filled up their last round.
            rows = _measure(outputs.logits[:, :-1], labels[:, 1 - keep :])
            self._measured += self.accelerator.gather_for_metrics(rows).sum(0)
        return (loss, outputs) if return_outputs else loss

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        """One step; transformers calls this.

        Raises:
            TrainingError: the loss is no number.
        """
        begun = time.perf_counter()
        loss = super().training_step(model, inputs, *args, **options)
        if not torch.isfinite(loss):
            raise _no_number(f"the loss is {float(loss)} at update {self.state.global_step + 1}")
        self._seconds += time.perf_counter() - begun
        self._tokens += int(inputs["attention_mask"].sum())
        return loss

    def evaluation_loop(self, *args: Any, **options: Any) -> Any:
        """Loss a token, and the share of answer tokens that are the likeliest, in [0, 1].

        transformers calls this; its own loss weighs batches alike, whatever they hold.

        Raises:
            TrainingError: the loss is no number.
        """
        self._measured = torch.zeros(3, device=self.args.device)
        output = super().evaluation_loop(*args, **options)
        loss, right, count = self._measured.tolist()
        if not math.isfinite(loss):
            raise _no_number(f"the validation loss is {loss} after update {self.state.global_step}")
        output.metrics.update(eval_loss=loss / count, eval_token_accuracy=right / count)
        return output

    def log(self, logs: dict[str, float], *args: Any, **options: Any) -> None:
        """What goes to TensorBoard, with tokens a second: this process's times their number."""
        if "loss" in logs and self._seconds:
            logs["tokens_per_second"] = self._tokens * self.args.world_size / self._seconds
            self._tokens, self._seconds = 0, 0.0
        super().log(logs, *args, **options)

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGrouped:
        rows = train_dataset if train_dataset is not None else self.train_dataset
        args = self.args
        update = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        lengths = [len(ids) for ids in rows["input_ids"]]
        return LengthGrouped(lengths, update, args.seed, lambda: int(self.state.epoch or 0))


def _no_number(what: str) -> TrainingError:
    return TrainingError(
        f"{what}; lower learning_rate or max_gradient_norm, or take precision bf16 or fp32"
    )


def _measure(logits: Any, labels: Any) -> Any:
    """Summed loss, tokens predicted right and tokens in all, a row each; (B, 3)."""
    loss = cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    right = logits.argmax(-1) == labels
    asked = labels != IGNORED
    return torch.stack([loss.view_as(labels).sum(1), right.sum(1), asked.sum(1)], dim=1)
