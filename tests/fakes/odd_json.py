"""JSON that a host might send, whatever it means by it."""

from hypothesis import strategies as st


def odd_json(*names: str) -> st.SearchStrategy[object]:
    """Return any JSON whose objects have fields of these names, with values of any kind."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=4)
        ),
        max_leaves=12,
    )
