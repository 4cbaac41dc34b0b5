"""What is connected is one group, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from harness.groups import groups


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
