"""Texts put to a model of any kind, answers kept like a variant's: for metrics that are judges."""

from collections.abc import Sequence
from contextlib import closing

from lm_eval.api.instance import Instance

from harness.kept import Kept, Use
from harness.models.engines import Engine, LocalEngine
from harness.models.keeping import KeepingLM
from harness.models.loading import Loader
from harness.models.served import ServedEngine
from harness.variants import Decoding, Model

JUDGES = "judges"
"""What ``policyqa cache`` calls the suite of what is asked so."""


def answers_to(
    model: Model,
    texts: Sequence[str],
    system: str | None = None,
    decoding: Decoding | None = None,
    batch_size: int = 16,
) -> list[str | None]:
    """What a model answers in its own chat, each text the user's turn.

    Args:
        model: weights on this machine or a server's.
        texts: what is asked; one that was asked before is not asked again.
        system: the system's turn.
        decoding: its ``draw`` tells apart the times that one text is asked; None is greedy.
        batch_size: prompts answered together, of weights on this machine.

    Returns:
        Of each text the answer, stripped, without the thoughts before it; None where the server
        gave none.

    Raises:
        ModelError: the model cannot be loaded or reached; what has been answered is kept.
    """
    decoding = decoding or Decoding()
    identity = {**model.identity, **({"draw": decoding.draw} if decoding.draw > 1 else {})}
    first = [{"role": "system", "content": system}] if system else []
    with closing(Kept()) as kept:
        use = Use(JUDGES, "", model.base)
        lm = KeepingLM(identity, _engine(model, batch_size), kept, use)
        chats = [
            lm.apply_chat_template([*first, {"role": "user", "content": text}]) for text in texts
        ]
        requests = [
            Instance("generate_until", {"id": str(place)}, (chat, decoding.identity), place)
            for place, chat in enumerate(chats)
        ]
        lm.generate_until(requests)
    return [lm.without_thoughts.get(str(place)) for place in range(len(texts))]


def _engine(model: Model, batch_size: int) -> Engine:
    if model.kind == "served":
        return ServedEngine(model)
    loader = Loader(batch_size)
    return LocalEngine(model, lambda: loader.load(model), batch_size)
