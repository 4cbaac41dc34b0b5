"""
``--model policyqa-hf``: lm-eval's Hugging Face model, with what our variants need.

    policyqa eval --tasks policyqa_rag --model policyqa-hf --model_args peft=CHECKPOINT

- catalogue names: ``pretrained=smollm2-135m``;
- an adapter alone: ``peft=CHECKPOINT`` finds its base in the checkpoint;
- int8 and nf4 that work: ``load_in_8bit=True``, ``load_in_4bit=True`` (lm-eval 0.4.13 passes them
  on in a way that transformers 5 refuses);
- adapters put on and taken off one loaded base.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model

from harness.errors import ModelError
from harness.models import catalogue
from harness.models.adapter import (
    adds_alone,
    base_of,
    layers_put_on,
    misfit_explained,
    put_on,
)
from harness.models.failures import load_explained
from harness.models.greedy import can_answer, greedy_answers
from harness.models.onednn import as_written, by_onednn
from harness.models.precision import Precision, quantisation, reading, unpacked
from harness.models.windowed import Windowed


@register_model("policyqa-hf")
class PolicyQALM(Windowed):
    """A Llama-family model with or without an adapter, in float, int8 or nf4."""

    def __init__(
        self,
        pretrained: str | None = None,
        peft: str | None = None,
        load_in_8bit: bool = False,
        load_in_4bit: bool = False,
        **options: Any,
    ) -> None:
        """``options`` are lm-eval's for ``--model hf``.

        Raises:
            ModelError: neither a model nor an adapter is named, one is not there, or they do not
                fit each other.
        """
        if pretrained is None:
            if peft is None:
                raise ModelError("no model: give pretrained=MODEL, or peft=CHECKPOINT, or both")
            pretrained = base_of(Path(peft))
        self._quantised: Precision | None = (
            "int8" if load_in_8bit else "nf4" if load_in_4bit else None
        )
        self.peft: str | None = peft
        self.cut: list[bool] = []
        """Of the answers last made, in their order, which were longer than they may be."""
        self.likelihoods: list[float | None] = []
        """Of the same, the mean log-probability of their tokens; None where tokens were drawn, or
        another way than ours made them."""
        self.alike_in_any_batch = False
        """Whether the answers last made are what each prompt gets alone: tests hold us to that."""
        self._being_asked: Sequence[str] = ()
        self._was_cut: dict[str, bool] = {}
        self._likelihood: dict[str, float] = {}
        super().__init__(pretrained=catalogue.resolve(pretrained), peft=peft, **options)

    def _create_model(self, pretrained: str, **options: Any) -> None:
        if self._quantised:
            options["quantization_config"] = quantisation(self._quantised)
        converted = self._quantised or options.get("dtype") not in (None, "auto", "float32")
        with misfit_explained(Path(options.get("peft") or "")), reading(bool(converted)):
            super()._create_model(pretrained, **options)
        self._load_base = partial(self._create_model, pretrained, **options | {"peft": None})
        with load_explained("generation_config.json", pretrained):
            for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
                if (token := getattr(self.model.generation_config, name)) is not None:
                    torch.tensor(token, dtype=torch.long)  # As it is when it is asked.
        by_onednn(unpacked(self.model))

    def use_adapter(self, adapter: Path | None) -> None:
        """Answer with ``adapter`` on the loaded base, or with the base alone.

        Raises:
            ModelError: the adapter's weights have not the shapes of the base's.
        """
        if self.peft == (str(adapter) if adapter else None):
            return
        model = self._base_alone()
        if adapter is not None:
            model = put_on(model, adapter)
        self._model = by_onednn(model)  # The adapter's layers are new.
        self.peft = str(adapter) if adapter else None  # lm-eval records it.

    def _base_alone(self) -> Any:
        """The base as it was loaded; anew, where what is on it may have changed it."""
        from peft import PeftModel

        model = as_written(self.model)
        if not isinstance(model, PeftModel):
            return model
        if self._only_added_to():
            return model.unload()
        del model
        self._model = None
        self._load_base()
        return self.model.eval()

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Greedy answers in the order of ``requests``, refused before cut; lm-eval calls this."""
        self.refuse_what_would_be_cut(requests)
        self._was_cut, self._likelihood = {}, {}
        answers: list[str] = super().generate_until(requests, disable_tqdm)
        # lm-eval asks in an order of its own.
        self.cut = [self._was_cut[request.args[0]] for request in requests]
        self.likelihoods = [self._likelihood.get(request.args[0]) for request in requests]
        return answers

    def tok_batch_encode(self, strings: Sequence[str], *rest: Any, **options: Any) -> Any:
        """The tokens of a batch; lm-eval calls this before it has the batch answered."""
        self._being_asked = strings
        return super().tok_batch_encode(strings, *rest, **options)

    def _model_generate(
        self, context: Any, max_length: int, stop: list[str], **options: Any
    ) -> Any:
        self._made_fast()
        greedy = self._is_greedy(options)
        exact = self.model.dtype == torch.float32 and self.device.type == "cpu"
        self.alike_in_any_batch = greedy and exact
        if greedy:
            made = self._greedy(context, max_length, stop, options["attention_mask"])
        elif options.get("num_beams", 1) > 1:
            made = self._searched(context, max_length, stop, options)
        else:
            made = super()._model_generate(context, max_length, stop, **options)
        rows = made[:, context.shape[1] :].tolist()
        whole = max_length - context.shape[1]
        for prompt, row in zip(self._being_asked, rows, strict=True):
            self._was_cut[prompt] = len(row) == whole and not self._ends(row, stop)
        return made

    def _made_fast(self) -> None:
        """The weights brought into the order of products, unless something else reads them."""
        alone = self._only_added_to() and not self.mixed_precision_dtype
        by_onednn(self.model, answers_only=alone, besides=layers_put_on(self.model))

    def _only_added_to(self) -> bool:
        """Whether what is on the base, if anything, leaves the base as it is."""
        adapters = getattr(self.model, "peft_config", {}).values()
        return all(adds_alone(one.to_dict()) for one in adapters)

    def _is_greedy(self, options: dict[str, Any]) -> bool:
        """Whether the likeliest tokens are asked for, and nothing else."""
        drawn = options.get("do_sample") or options.get("temperature")
        others = set(options) - {"attention_mask", "do_sample", "temperature"}
        if drawn or others or self._quantised or self.mixed_precision_dtype:
            return False  # In int8 a row depends on those it is computed with.
        return can_answer(self.model)

    def _greedy(
        self, context: torch.Tensor, max_length: int, stop: list[str], mask: torch.Tensor
    ) -> torch.Tensor:
        """Prompts with their answers, (B, T), as ``generate`` gives them."""
        rows = zip(context.tolist(), mask.bool().tolist(), strict=True)
        prompts = [[token for token, real in zip(*row, strict=True) if real] for row in rows]
        tail = max(len(self.tok_encode(one)) for one in stop) + 2
        most = max_length - context.shape[1]
        answers = greedy_answers(self.model, prompts, most, lambda row: self._ends(row, stop, tail))
        self._likelihood |= {
            prompt: one.likelihood for prompt, one in zip(self._being_asked, answers, strict=True)
        }
        width = max(len(one.tokens) for one in answers)
        padding = self.tokenizer.pad_token_id
        made = [one.tokens + [padding] * (width - len(one.tokens)) for one in answers]
        return torch.cat([context, torch.tensor(made, device=context.device)], dim=1)

    def _searched(
        self, context: torch.Tensor, max_length: int, stop: list[str], options: dict[str, Any]
    ) -> torch.Tensor:
        """As ``_greedy``, of the likeliest of several beams.

        lm-eval 0.4.13 looks for the ends in as many beams as there are prompts, whoever's they are,
        and then ends all.
        """
        if not options.get("do_sample"):
            options.pop("temperature", None)  # Of no effect, and warned of.
        kind = self.mixed_precision_dtype
        with torch.autocast(self.device.type, dtype=kind, enabled=kind is not None):
            made: torch.Tensor = self.model.generate(
                input_ids=context,
                max_length=max_length,
                stop_strings=stop,
                tokenizer=self.tokenizer,
                pad_token_id=self.tokenizer.pad_token_id,
                use_cache=True,
                **options,
            )
        return made

    def _ends(self, row: Sequence[int], stop: Sequence[str], tail: int = 0) -> bool:
        """Whether an answer came to its end, by its last tokens, ``tail`` or all: what follows one
        in a batch is padding."""
        own = self.model.generation_config.eos_token_id
        ends = {self.tokenizer.pad_token_id, *(own if isinstance(own, list) else [own])}
        if row[-1] in ends:
            return True
        text = self.tok_decode(row[-tail:], skip_special_tokens=False)
        return any(one in text for one in stop)
