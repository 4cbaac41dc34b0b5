"""What is connected is one group, and nothing else is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.groups import groups, others_without


def test_a_chain_connects() -> None:
    assert groups([["a"], ["b"], ["a", "c"], [], ["c", "d"], ["d"], []]) == [0, 1, 0, 2, 0, 0, 3]
    assert groups([]) == []


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_groups_share_no_name_and_sharers_share_a_group(shared: list[list[str]]) -> None:
    found = groups(shared)
    owner: dict[str, int] = {}
    for group, names in zip(found, shared, strict=True):
        for name in names:
            assert owner.setdefault(name, group) == group
    assert sorted(set(found)) == list(range(len(set(found))))


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=2), max_size=12))
def test_another_stands_half_the_list_away_or_next_after_and_shares_no_name(
    shared: list[list[str]],
) -> None:
    count = len(shared)
    for place, found in enumerate(others_without(shared)):
        after = ((place + count // 2 + step) % count for step in range(count))
        fit = [one for one in after if shared[one] and not set(shared[one]) & set(shared[place])]
        assert found == (fit[0] if fit else None)


def test_where_nothing_has_names_nothing_is_looked_through() -> None:
    class Counted(list[list[str]]):
        read = 0

        def __getitem__(self, place: Any) -> Any:
            Counted.read += 1
            return super().__getitem__(place)

    assert others_without(Counted([[]] * 100)) == [None] * 100
    assert Counted.read <= 200
