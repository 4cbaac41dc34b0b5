"""
``--model policyqa-hf``: lm-eval's Hugging Face model, with what our variants need.

    policyqa eval --tasks policyqa_rag --model policyqa-hf --model_args peft=CHECKPOINT

- catalogue names: ``pretrained=smollm2-135m``;
- an adapter alone: ``peft=CHECKPOINT`` finds its base in the checkpoint;
- int8 and nf4 that work: ``load_in_8bit=True``, ``load_in_4bit=True`` (lm-eval 0.4.13 passes them
  on in a way that transformers 5 refuses);
- adapters put on and taken off one loaded base, and answers kept batch by batch (``journal``).
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model
from lm_eval.models.huggingface import HFLM

from harness.errors import ModelError
from harness.files import fingerprint
from harness.models import catalogue
from harness.models.adapter import base_of, misfit_explained, put_on
from harness.models.journal import Batch, Journal
from harness.models.precision import Precision, quantisation, unpacked
from harness.progress import Advance, silent


@register_model("policyqa-hf")
class PolicyQALM(HFLM):  # type: ignore[misc]
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
        self._journal: Journal | None = None
        self._advance: Advance = silent
        super().__init__(pretrained=catalogue.resolve(pretrained), peft=peft, **options)

    def _create_model(self, pretrained: str, **options: Any) -> None:
        if self._quantised:
            options["quantization_config"] = quantisation(self._quantised)
        with misfit_explained(Path(options.get("peft") or "")):
            super()._create_model(pretrained, **options)
        unpacked(self.model)

    def use_adapter(self, adapter: Path | None) -> None:
        """Answer with ``adapter`` on the loaded base, or with the base alone.

        Raises:
            ModelError: the adapter's weights have not the shapes of the base's.
        """
        from peft import PeftModel

        model: Any = self.model
        if isinstance(model, PeftModel):
            model = model.unload()
        if adapter is not None:
            model = put_on(model, adapter)
        self._model = model
        self.peft = str(adapter) if adapter else None  # lm-eval records it.

    def keep_answers(self, journal: Journal | None, advance: Advance) -> None:
        """Write finished batches to ``journal``, skip those it has, and tell ``advance``."""
        self._journal = journal
        self._advance = advance

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Greedy answers in the order of ``requests``; lm-eval calls this.

        Raises:
            ModelError: a prompt and its answer do not fit the model's window.
        """
        order = sorted(range(len(requests)), key=lambda i: self._length_key(requests[i]))
        if order:
            self._refuse_what_would_be_cut(requests[order[0]])
        if self._journal is None:
            answers: list[str] = super().generate_until(requests, disable_tqdm)
            return answers
        size = int(self.batch_size)
        kept: dict[int, str] = {}
        for start in range(0, len(order), size):
            places = order[start : start + size]
            batch = self._batch([requests[i] for i in places], self._journal)
            kept.update(zip(places, batch.answers, strict=True))
            self._advance(len(kept), len(order))
        return [kept[i] for i in range(len(requests))]

    def _refuse_what_would_be_cut(self, longest: Instance) -> None:
        """lm-eval cuts prompts from the left: instruction and best passage would go first."""
        answer = int(longest.args[1].get("max_gen_toks", self.max_gen_toks))
        prompt = len(self.tok_encode(longest.args[0]))
        if prompt + answer > self.max_length:
            raise ModelError(
                f"the longest prompt has {prompt} tokens, with {answer} of answer more than the "
                f"{self.max_length} that {self.pretrained} reads: show less context (k and budget "
                "of the suite or arm), or name a model with a longer window"
            )

    def _length_key(self, request: Instance) -> tuple[int, str]:
        """Longest first, so that running out of memory shows at once; lm-eval's own order."""
        prompt = request.args[0]
        return -len(self.tok_encode(prompt)), prompt

    def _batch(self, requests: Sequence[Instance], journal: Journal) -> Batch:
        key = fingerprint([request.args for request in requests])
        batch = journal.get(key)
        if batch is None:
            start = time.perf_counter()
            answers: list[str] = super().generate_until(list(requests), disable_tqdm=True)
            seconds = time.perf_counter() - start
            batch = Batch(
                key=key,
                answers=answers,
                prompt_tokens=[len(self.tok_encode(request.args[0])) for request in requests],
                answer_tokens=[len(self.tok_encode(answer)) for answer in answers],
                seconds=seconds,
            )
            journal.add(batch)
        return batch
