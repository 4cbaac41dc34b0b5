"""
Greedy answers of a causal language model, without asking for what nobody reads.

The answers are those of ``generate`` in transformers, but for rounding. What is saved: how prompts
begin alike is read once; prompts of about one length are read together, so that few tokens are
padding; and a row that has ended leaves the batch, so that nobody waits for the longest answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from harness.models.batches import of_like_length
from harness.models.roomy import RoomyLayer, roomy

READ_AT_ONCE = 1_024
"""Tokens of prompts that are read together, padding included; one prompt may have more."""
WORTH_SHARING = 8
"""Tokens that prompts begin alike with, from which they are read once."""
OF_NO_EFFECT = {
    *("_from_model_config", "transformers_version", "use_cache"),
    *("output_attentions", "output_hidden_states"),
    *("bos_token_id", "eos_token_id", "pad_token_id", "max_length", "max_new_tokens"),
    *("do_sample", "temperature", "top_k", "top_p"),
}
"""Of a model's settings for generation, those that change no greedy answer, or that we obey."""
Ended = Callable[[Sequence[int]], bool]
"""Whether the tokens of an answer come to its end."""


@dataclass(frozen=True)
class GreedyAnswer:
    """What a model answers a prompt."""

    tokens: list[int]
    """Up to and with those by which it ended."""
    likelihood: float
    """The mean of its tokens' log-probabilities, natural, at most 0."""


@dataclass
class _Pool:
    """Rows that are being answered: prompts read, to the left of which is padding."""

    rows: list[int]
    """Which prompts."""
    cache: DynamicCache
    mask: Tensor
    """1 at tokens, 0 at padding, (B, T)."""
    next: Tensor
    """The token that follows, (B,)."""
    chance: Tensor
    """Its log-probability, (B,)."""

    def keep(self, places: Sequence[int]) -> None:
        """Drop the other rows: the last that are kept take the places of those that go."""
        count = len(places)
        if count == len(self.rows):
            return
        late = iter([place for place in places if place >= count])
        staying = set(places)
        order = [place if place in staying else next(late) for place in range(count)]
        self.rows = [self.rows[place] for place in order]
        for layer in self.cache.layers:
            layer.keep(order)
        chosen = torch.tensor(order, device=self.mask.device)
        self.mask, self.next = self.mask[chosen], self.next[chosen]
        self.chance = self.chance[chosen]


def can_answer(model: Any) -> bool:
    """Whether ``generate`` would do no more than this: take the likeliest token, of all there are,
    and keep what it has read of every token, layer by layer."""
    layers = DynamicCache(config=model.config).layers
    settings = set(model.generation_config.to_diff_dict())
    return settings <= OF_NO_EFFECT and all(type(layer) is DynamicLayer for layer in layers)


def greedy_answers(
    model: Any, prompts: Sequence[Sequence[int]], most: int, ended: Ended
) -> list[GreedyAnswer]:
    """The answer to each prompt.

    Args:
        model: of transformers, with a head for language.
        prompts: tokens of each, one at least.
        most: tokens of an answer, one at least.
        ended: asked after every token.
    """
    with torch.inference_mode():
        return _answers(model, prompts, most, ended)


def _answers(
    model: Any, prompts: Sequence[Sequence[int]], most: int, ended: Ended
) -> list[GreedyAnswer]:
    answers: list[list[int]] = [[] for _ in prompts]
    chances = [0.0] * len(prompts)
    shared = _begun_alike(prompts)
    begun = _beginning(model, prompts[0][:shared]) if shared else None
    rests = [prompt[shared:] for prompt in prompts]
    batches = of_like_length([*map(len, rests)], READ_AT_ONCE)
    pool = _joined([_read(model, rests, rows, begun) for rows in batches])
    for made in range(1, most + 1):
        told = zip(pool.rows, pool.next.tolist(), pool.chance.tolist(), strict=True)
        for row, token, chance in told:
            answers[row].append(token)
            chances[row] += chance
        going = [place for place, row in enumerate(pool.rows) if not ended(answers[row])]
        if not going or made == most:
            break
        pool.keep(going)
        _step(model, pool)
    return [
        GreedyAnswer(tokens, chance / len(tokens))
        for tokens, chance in zip(answers, chances, strict=True)
    ]


def _begun_alike(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, each having one more at least; 0 if too few."""
    least = min(map(len, prompts)) - 1
    columns = zip(*(prompt[:least] for prompt in prompts), strict=True)
    alike = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    return alike if len(prompts) > 1 and alike >= WORTH_SHARING else 0


def _beginning(model: Any, tokens: Sequence[int]) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    row = torch.tensor([tokens], device=model.device)
    _forward(model, row, torch.ones_like(row), cache)
    return cache


def _read(
    model: Any, prompts: Sequence[Sequence[int]], rows: list[int], begun: DynamicCache | None
) -> _Pool:
    """Some prompts, which go on from where they all begin alike."""
    width = max(len(prompts[row]) for row in rows)
    tokens = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.zeros_like(tokens)
    for place, row in enumerate(rows):
        tokens[place, width - len(prompts[row]) :] = torch.tensor(prompts[row])
        mask[place, width - len(prompts[row]) :] = 1
    tokens, mask = tokens.to(model.device), mask.to(model.device)
    cache = DynamicCache(config=model.config)
    if begun is not None:
        for layer, one in enumerate(begun.layers):
            several = (
                one.keys.expand(len(rows), -1, -1, -1),
                one.values.expand(len(rows), -1, -1, -1),
            )
            cache.update(*several, layer)
        mask = pad(mask, (begun.get_seq_length(), 0), value=1)
    return _Pool(rows, cache, mask, *_forward(model, tokens, mask, cache))


def _joined(pools: Sequence[_Pool]) -> _Pool:
    """All rows together, padded to the longest."""
    width = max(one.mask.shape[1] for one in pools)
    layers = []
    for layer in range(len(pools[0].cache.layers)):
        keys, values = zip(*(_padded(one, layer, width) for one in pools), strict=True)
        layers.append(RoomyLayer(torch.cat(keys), torch.cat(values)))
    return _Pool(
        [row for one in pools for row in one.rows],
        roomy(layers),
        torch.cat([pad(one.mask, (width - one.mask.shape[1], 0)) for one in pools]),
        torch.cat([one.next for one in pools]),
        torch.cat([one.chance for one in pools]),
    )


def _padded(pool: _Pool, layer: int, width: int) -> tuple[Tensor, Tensor]:
    """Keys and values of a layer, (B, heads, T, size); freed where they were."""
    found = pool.cache.layers[layer]
    beside = (0, 0, width - pool.mask.shape[1], 0)
    keys, values = pad(found.keys, beside), pad(found.values, beside)
    found.keys = found.values = None
    return keys, values


def _step(model: Any, pool: _Pool) -> None:
    pool.mask = pad(pool.mask, (0, 1), value=1)
    pool.next, pool.chance = _forward(model, pool.next[:, None], pool.mask, pool.cache)


def _forward(
    model: Any, tokens: Tensor, mask: Tensor, cache: DynamicCache
) -> tuple[Tensor, Tensor]:
    """The likeliest token after each row, and its log-probability: (B,), (B,)."""
    positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
    found = model(
        input_ids=tokens,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits = found.logits[:, -1].float()
    highest, likeliest = logits.max(dim=-1)
    return likeliest, highest - logits.logsumexp(dim=-1)
