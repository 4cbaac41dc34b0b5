"""Which texts a model reads together."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.models.batches import of_like_length


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 100))
def test_every_text_is_read_once_and_no_batch_has_more_tokens_than_may_be(
    lengths: list[int], most: int
) -> None:
    batches = list(of_like_length(lengths, most))

    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= most


@given(st.lists(st.integers(1, 40), min_size=1), st.integers(1, 100))
def test_a_batch_is_as_long_as_the_longest_that_is_left(lengths: list[int], most: int) -> None:
    batches = [[lengths[place] for place in batch] for batch in of_like_length(lengths, most)]

    assert [one for batch in batches for one in batch] == sorted(lengths, reverse=True)
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * batch[0] > most, f"{following[0]} would have had room"
