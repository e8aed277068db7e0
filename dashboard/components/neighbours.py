"""Which client is open, and who comes before and after in the caseload?"""

import streamlit as st

from dashboard.components.caseload_table import ORDER
from dashboard.components.plain import plain
from dashboard.views.client import ClientView


def chosen_client() -> tuple[str | None, str | None]:
    """Return the client and the episode that the address names."""
    return st.query_params.get("client"), st.query_params.get("episode")


def neighbours(view: ClientView) -> None:
    """Draw the client's name with the way to the other episodes and the other clients."""
    st.title(plain(view.client_id), anchor=False)
    st.markdown(f"{plain(view.identity)}  \n{plain(view.subtitle)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        for word in view.words:
            st.badge(plain(word.text), color=word.badge)
        st.space("stretch")
        order: list[tuple[str, str]] = st.session_state.get(ORDER, [])
        here = (view.client_id, view.episode_id)
        place = order.index(here) if here in order else None
        for label, step in (("Previous", -1), ("Next", 1)):
            there = None if place is None else place + step
            known = there is not None and 0 <= there < len(order)
            target = order[there] if there is not None and known else here
            if st.button(f"{label} in the caseload", disabled=not known, key=f"{label}-{view.key}"):
                _open(*target)
        if len(view.episodes) > 1:
            chosen = st.selectbox(
                "Episode",
                view.episodes,
                index=view.episodes.index(view.episode_id),
                key=f"episode-{view.key}",
                width=200,
            )
            if chosen != view.episode_id:
                _open(view.client_id, chosen)


def _open(client_id: str, episode_id: str) -> None:
    """Open an episode; the widgets of the one before are gone, as their keys name it."""
    st.switch_page("app_pages/client.py", query_params={"client": client_id, "episode": episode_id})
