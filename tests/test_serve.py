"""Does the server stay on this machine, and is a taken port a sentence?"""

import json
import socket

import pytest

from dashboard.serve import ADDRESS, SETTINGS, arguments, port_to_use
from data.errors import DataError


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind((ADDRESS, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_is_told(taken):
    with pytest.raises(DataError, match=f"Port {taken} is in use"):
        port_to_use(taken)


def test_a_number_that_is_no_port_is_told():
    with pytest.raises(DataError, match="from 1 to 65535"):
        port_to_use(70_000)


def test_without_a_wish_a_free_port_is_chosen(monkeypatch, taken):
    monkeypatch.setattr("dashboard.serve.USUAL_PORT", taken)
    chosen = port_to_use(None)
    assert chosen not in (0, taken)
    assert port_to_use(chosen) == chosen


def test_the_server_listens_to_this_machine_only():
    flags = arguments(8501)
    assert flags[flags.index("--server.address") + 1] == "127.0.0.1"
    hosts = [flags[i + 1] for i, flag in enumerate(flags) if flag == "--server.allowedHosts"]
    assert hosts == ["127.0.0.1", "localhost"]
    assert flags[flags.index("--browser.gatherUsageStats") + 1] == "false"


def test_there_are_enough_colours_for_plotly_to_use_them():
    for theme in ("light", "dark"):
        colours = json.loads(SETTINGS[f"theme.{theme}.chartCategoricalColors"])
        assert len(set(colours)) >= 10


def test_streamlit_knows_every_setting():
    from streamlit import config

    assert set(SETTINGS) <= set(config.get_config_options())
