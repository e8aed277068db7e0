"""By which word, mark and colour is each finding known, on paper and on the screen?

The marks speak about the client (up is better), never about the direction of a score. This
is the only place where a colour or the word of a category is written down.
"""

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]
BadgeColour = Literal["orange", "violet", "yellow", "gray", "green", "blue"]


@dataclass(frozen=True, slots=True)
class Word:
    """A finding's mark and word, with its colour in both themes and as a badge."""

    mark: str
    word: str
    light: str
    dark: str
    badge: BadgeColour

    @property
    def text(self) -> str:
        """Return mark and word together, as they always stand on the screen."""
        return f"{self.mark} {self.word}"

    def colour(self, theme: Theme) -> str:
        """Return the colour in a theme."""
        return self.dark if theme == "dark" else self.light


# One hue for each kind of finding; all stay apart for colour-blind eyes.
_BLUE = ("#0072B2", "#5CB3E6")
_VERMILION = ("#D55E00", "#FF8B45")
_OCHRE = ("#8F6A00", "#E3B341")
_TEAL = ("#00795A", "#35C79F")
_GREY = ("#6B7280", "#9CA3AF")
_PURPLE = ("#7B3294", "#C792E0")

# What an episode or a measure asks of the clinician.
ATTENTION = {
    "worse": Word("▼", "worse", *_VERMILION, "orange"),
    "answer": Word("◆", "answer to acknowledge", *_PURPLE, "violet"),
    "worsening": Word("▼", "worsening trend", *_VERMILION, "orange"),
    "off_course": Word("▽", "off the expected course", *_VERMILION, "orange"),
    "stuck": Word("▬", "stuck", *_OCHRE, "yellow"),
    "cannot_tell": Word("○", "cannot tell yet", *_GREY, "gray"),
    "unchanged": Word("≈", "no reliable change", *_GREY, "gray"),
    "maintained": Word("▬", "maintained", *_TEAL, "green"),
    "better": Word("▲", "better", *_BLUE, "blue"),
    "alliance": Word("◇", "alliance to talk about", *_PURPLE, "violet"),
    "fact": Word("·", "shown without a judgement", *_GREY, "gray"),
}

CATEGORY = {
    "recovered": Word("▲", "better, and past the cutoff", *_BLUE, "blue"),
    "improved": Word("▲", "better", *_BLUE, "blue"),
    "unchanged": Word("≈", "no reliable change", *_GREY, "gray"),
    "deteriorated": Word("▼", "worse", *_VERMILION, "orange"),
    "harmed": Word("▼", "worse, and past the cutoff", *_VERMILION, "orange"),
    "not_assessable": Word("○", "cannot be assessed", *_GREY, "gray"),
}

# How a case has changed by a profile, on the page of outcomes.
CHANGE = {
    "better": Word("▲", "better", *_BLUE, "blue"),
    "no_change": Word("≈", "no change", *_GREY, "gray"),
    "worse": Word("▼", "worse", *_VERMILION, "orange"),
    "not_assessable": Word("○", "cannot be assessed", *_GREY, "gray"),
    "not_counted": Word("·", "not counted", *_GREY, "gray"),
}

STATE = {
    "improving": Word("▲", "improving trend", *_BLUE, "blue"),
    "worsening": Word("▼", "worsening trend", *_VERMILION, "orange"),
    "plateau": Word("▬", "plateau", *_GREY, "gray"),
    "undetermined": Word("○", "cannot tell yet", *_GREY, "gray"),
    "too_early": Word("○", "too early to tell", *_GREY, "gray"),
}

PLATEAU_KIND = {
    "stuck": Word("▬", "plateau: stuck", *_OCHRE, "yellow"),
    "maintained": Word("▬", "plateau: maintained", *_TEAL, "green"),
    "at_floor": Word("▬", "plateau: near the best possible total", *_TEAL, "green"),
}

# Where the last score lies among clients who began with the same one.
COURSE = {
    "within": Word("≈", "within the expected course", *_GREY, "gray"),
    "amber": Word("▽", "near the limit of the expected course", *_OCHRE, "yellow"),
    "red": Word("▽", "off the expected course", *_VERMILION, "orange"),
}

# Flags that stand beside the findings above.
FLAG = {
    "sudden_loss": Word("▼", "sudden loss", *_VERMILION, "orange"),
    "sudden_gain": Word("▲", "sudden gain", *_BLUE, "blue"),
    "disagreement": Word("▲▼", "disagreement", *_OCHRE, "yellow"),
    "review_due": Word("◷", "review due", *_GREY, "gray"),
}

ATTENDANCE = {
    "attended": Word("■", "attended", *_GREY, "gray"),
    "missed": Word("□", "missed", *_GREY, "gray"),
    "cancelled": Word("×", "cancelled", *_GREY, "gray"),
}


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a chart. Charts are drawn on the page's own ground."""

    ink: str
    muted: str
    axis: str
    line: str
    ground: str
    ribbon: str
    trend: str
    wedge: str
    cutoff: str
    better: str
    worse: str
    note: str
    veil: str  # behind a label, so that it is readable on a line
    shade: str  # "rgba({shade}, opacity)": severity bands

    def band(self, place: int, count: int) -> str:
        """Return the faint ground of one of ``count`` severity bands, counted from the mildest."""
        strength = 0.02 + 0.13 * place / max(count - 1, 1)
        return f"rgba({self.shade}, {strength:.3f})"


PALETTE: dict[Theme, Palette] = {
    "light": Palette(
        ink="#1F2937",
        muted="#565E6B",
        axis="#9CA3AF",
        line="#1F2937",
        ground="#FFFFFF",
        ribbon="rgba(31, 41, 55, 0.13)",
        trend="#4B6BB3",
        wedge="rgba(75, 107, 179, 0.13)",
        cutoff="#4B5563",
        better=_BLUE[0],
        worse=_VERMILION[0],
        note=_PURPLE[0],
        veil="rgba(255, 255, 255, 0.5)",
        shade="107, 114, 128",
    ),
    "dark": Palette(
        ink="#E5E7EB",
        muted="#A9B1BD",
        axis="#6B7280",
        line="#E5E7EB",
        ground="#0E1117",
        ribbon="rgba(229, 231, 235, 0.15)",
        trend="#8FA8E8",
        wedge="rgba(143, 168, 232, 0.16)",
        cutoff="#C3C9D2",
        better=_BLUE[1],
        worse=_VERMILION[1],
        note=_PURPLE[1],
        veil="rgba(24, 24, 24, 0.5)",
        shade="156, 163, 175",
    ),
}

# Lines of several goals in one chart: told apart by dash, marker and name, never by colour alone.
GOAL_LINES = (
    ("solid", "circle", *_BLUE),
    ("dash", "square", *_OCHRE),
    ("dot", "diamond", *_TEAL),
    ("dashdot", "triangle-up", *_PURPLE),
    ("longdash", "x", *_GREY),
)
