"""The cache with room, against the one that copies everything."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.cache_utils import DynamicLayer

from harness.models import roomy
from harness.models.roomy import RoomyLayer

HEADS, SIZE = 2, 4


def some(rows: int, tokens: int) -> torch.Tensor:
    """Keys or values."""
    return torch.randn(rows, HEADS, tokens, SIZE)


@given(
    rows=st.integers(1, 6),
    length=st.integers(1, 5),
    room=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 5)), max_size=8),
)
def test_it_shows_what_the_usual_cache_shows(
    rows: int, length: int, room: int, steps: list[tuple[int, int]]
) -> None:
    """However much is added, whoever is dropped, and however often the room runs out."""
    usual = DynamicLayer()
    first = some(rows, length), some(rows, length)
    usual.update(*first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roomy, "ROOM", room)
        ours = RoomyLayer(*first)
        for tokens, dropped in steps:
            rows = ours.keys.shape[0]
            order = [place for place in range(rows) if place != dropped]
            if dropped < rows - 1:  # The last takes the place.
                order = [*order[:dropped], order[-1], *order[dropped:-1]]
            if order:
                ours.keep(order)
                usual.batch_select_indices(torch.tensor(order))
            more = some(len(order) or rows, tokens), some(len(order) or rows, tokens)
            for found, expected in zip(ours.update(*more), usual.update(*more), strict=True):
                assert torch.equal(found, expected)
            assert ours.get_seq_length() == usual.get_seq_length()


def test_a_token_is_written_where_there_is_room_and_nothing_moves() -> None:
    layer = RoomyLayer(some(2, 3), some(2, 3))
    before = layer.keys.data_ptr(), layer.values.data_ptr()
    layer.update(some(2, 1), some(2, 1))
    layer.keep([1])
    layer.update(some(1, 1), some(1, 1))
    assert (layer.keys.data_ptr(), layer.values.data_ptr()) == before
