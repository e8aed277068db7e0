"""How does the dashboard start on this machine, and who can reach it?"""

import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.environment import STORE_VARIABLE
from dashboard.theme import PALETTE
from data.errors import DataError

APP = Path(__file__).with_name("app.py")
ADDRESS = "127.0.0.1"
USUAL_PORT = 8501
UPLOAD_MEGABYTES = 50
_WAIT_SECONDS = 60.0

# Colours of things that have no meaning of their own. With fewer than ten, Plotly's take over.
_LIGHT_SERIES = (
    "#0B4F8A", "#B35806", "#1B7837", "#762A83", "#01665E",
    "#8C510A", "#4D4D4D", "#C51B7D", "#2166AC", "#7F3B08",
)  # fmt: skip
_DARK_SERIES = (
    "#7DB7E8", "#FDB863", "#7FBF7B", "#C2A5CF", "#80CDC1",
    "#DFC27D", "#BABABA", "#F1B6DA", "#92C5DE", "#E08214",
)  # fmt: skip

# The only place of the settings: as flags they hold in whatever folder the command is run.
SETTINGS: Mapping[str, str | tuple[str, ...]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": (ADDRESS, "localhost"),  # else any web page could open a socket here
    "server.headless": "true",  # the browser is opened below, and no question is asked first
    "server.fileWatcherType": "none",
    "server.maxUploadSize": str(UPLOAD_MEGABYTES),
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": ADDRESS,
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "type",  # a traceback could show a client's data
    "client.showErrorLinks": "false",  # they would send the message to foreign hosts
    "runner.magicEnabled": "false",
    "runner.postScriptGC": "false",  # a full collection after every click costs some 70 ms
    "logger.hideWelcomeMessage": "true",
    "theme.light.primaryColor": "#0B4F8A",
    "theme.light.backgroundColor": PALETTE["light"].ground,
    "theme.light.secondaryBackgroundColor": "#F3F4F6",
    "theme.light.textColor": PALETTE["light"].ink,
    "theme.light.chartCategoricalColors": json.dumps(_LIGHT_SERIES),
    "theme.dark.primaryColor": "#7DB7E8",
    "theme.dark.backgroundColor": PALETTE["dark"].ground,
    "theme.dark.secondaryBackgroundColor": "#1E242D",
    "theme.dark.textColor": PALETTE["dark"].ink,
    "theme.dark.chartCategoricalColors": json.dumps(_DARK_SERIES),
}


def serve(
    store: Path,
    *,
    port: int | None = None,
    open_browser: bool = True,
    announce: Callable[[str], None] | None = None,
) -> int:
    """Show the store at *store* in the browser until the person stops the command.

    Parameters
    ----------
    store
        Folder of the store.
    port
        Port on this machine; ``None`` or 0 takes 8501, or the next free one.
    open_browser
        Whether to open the page once the server answers.
    announce
        Called with the page's address once the server answers.

    Returns
    -------
    The exit code of the server, 0 after an ordinary stop.

    Raises
    ------
    DataError
        If the port that was asked for is taken.
    """
    chosen = port_to_use(port)
    os.environ[STORE_VARIABLE] = str(store.resolve())
    url = f"http://{ADDRESS}:{chosen}"
    threading.Thread(target=_when_ready, args=(url, open_browser, announce), daemon=True).start()

    from streamlit.web.cli import main as streamlit

    try:
        streamlit(arguments(chosen), standalone_mode=False)
    except KeyboardInterrupt:
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def arguments(port: int) -> list[str]:
    """Return the arguments of the ``streamlit`` command, every setting among them."""
    flags = ["run", str(APP), "--server.port", str(port)]
    for name, value in SETTINGS.items():
        for part in (value,) if isinstance(value, str) else value:
            flags += [f"--{name}", part]
    return flags


def port_to_use(wanted: int | None) -> int:
    """Return the port that is wanted, or without a wish 8501 or any free one.

    Raises
    ------
    DataError
        If the port is taken or is none.
    """
    if wanted:
        if not 1 <= wanted <= 65_535:
            raise DataError(
                f"A port is a number from 1 to 65535, not {wanted}. Nothing was started."
            )
        if not _free(wanted):
            raise DataError(
                f"Port {wanted} is in use, perhaps by a dashboard that runs already. Stop that one, "
                "choose another port, or leave the port out to have a free one chosen. Nothing was "
                "started."
            )
        return wanted
    if _free(USUAL_PORT):
        return USUAL_PORT
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # a port that was left a moment ago counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def _when_ready(url: str, open_browser: bool, announce: Callable[[str], None] | None) -> None:
    """Wait for the server, then say and open its address."""
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):  # noqa: S310
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    else:
        return
    if announce is not None:
        announce(url)
    if open_browser:
        webbrowser.open(url)
