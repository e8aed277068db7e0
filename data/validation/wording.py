"""What does each table of the validation answer, and what is weak about it?"""

from data.validation.looks import NEAR
from data.validation.naive import NAIVE_WINDOW
from data.validation.truths import FIRST_LOOK, LEVEL_SCORES, TRUE_WINDOW
from data.validation.unchanged import COURSES

OPENING = """\
Rules are held against series of which the truth is known. Nobody in them exists. The figures say
what the rules do with courses as they were planted here; how often each course occurs in a real
service, they do not say. So they compare rules, and do not foretell how often a flag on a real
client is right: `data.backtest` does that on a service's own closed episodes."""

READING = """\
How to read the tables of this part:

- **found**: of the series with the truth in question, the share that is flagged at or after the
  first score at which it holds; with its 95 % interval (Wilson's, widened for clients with
  several questionnaires), and the services with the smallest and the largest share.
- **n. a.**: how many of these series the rule could assess at no look: a number is missing, there
  are too few scores, or the first score is no case. They count as not found. **of those assessed**
  is the share without them.
- **delay**: scores from the first one at which the truth holds to the flag, of those found: median
  and quartiles.
- **flagged**: of the series of a group that should not be flagged, the share that is flagged at any
  look of the whole course, with its interval. Those whom the rule could not assess count as not
  flagged, and their number stands beside it (n. a.): a rule that often has nothing to say seems
  more careful than it is. **looks** is the share of single looks; one that seems small becomes a
  large share of clients, because every client is looked at often.
- *Rules in italics* are rules of thumb, for comparison. No page uses them."""

ABOUT = {
    "reliable improvement": (
        "Does a reliable change say that there is a true one?",
        "To be found: a true total better than the first true one by the reliable change. Not to be "
        "flagged: a true total at no look better than the first one. *Confirmed* asks for two scores "
        "in a row.",
        "The first score is the only baseline: one that was too high by chance makes every later "
        "score look better, again and again.",
    ),
    "reliable deterioration": (
        "The same for the worse.",
        "To be found: a true total worse than the first true one by the reliable change. Not to be "
        "flagged: a true total at no look worse than the first one, improvers among them.",
        "Most of the clients who are not to be flagged improve, which makes a false flag unlikely; "
        "the part on clients without change below is the harder test.",
    ),
    "a planted deterioration": (
        "Does a flag come while a client gets worse, and does it leave improvers alone?",
        "To be found: planted deteriorations, from the first score after they set in. Not to be "
        "flagged: planted steady and slowing improvements. Clients who are level throughout stand "
        "beside them: to warn of a case who does not change is no mistake.",
        "The truth holds here before any rule could know it, and some deteriorations stay smaller than "
        "the error of measurement. The expected course says nothing of clients whose first score is "
        "no case, and the trend nothing before its shortest window: see the column n. a. By its "
        "definition a share of all comparable clients lies beyond a limit of the expected course at "
        "each look; the last table says how many.",
    ),
    "a planted improvement": (
        "Does a flag of good news come from improvement?",
        "To be found: planted steady and slowing improvements, from the second score. Not to be "
        "flagged: clients who are level throughout, and planted deteriorations.",
        "Many good therapies are shorter than the shortest window of the trend; who ended before is n. a.",
    ),
    "a level": (
        "Is a plateau told from a course that still goes on?",
        f"To be found: a true level of {LEVEL_SCORES} scores or more. Not to be flagged: steady "
        "improvers at looks where the true change over a block is the meaningful change or more, and "
        "deteriorations at looks where the true total got worse by more than one standard error "
        f"over the last {TRUE_WINDOW} scores. Looks begin at score {FIRST_LOOK}. The rules of thumb "
        f"look at the last {NAIVE_WINDOW} scores.",
        "A slow worsening stays inside the margin for some windows: look at the last column. Reliable "
        "deterioration and a worsening trend stand before a plateau on every page.",
    ),
    "a level: stuck": (
        "Is a level on the clinical side told from one on the functional side?",
        "To be found: levels on the clinical side of the cutoff. Not to be flagged: levels beyond it, "
        "and steady improvers.",
        "A level near the cutoff is on one side or the other by a point.",
    ),
    "a level: met": (
        "The same for gains that are maintained or at the floor.",
        "To be found: levels on the functional side of the cutoff. Not to be flagged: levels on the "
        "clinical side, and steady improvers.",
        "As above.",
    ),
    "a sudden gain": (
        "Is a planted jump found, and are steady improvers said to have none?",
        f"To be found: planted sudden gains; a gain within {NEAR} sessions of the planted one counts. "
        "Not to be flagged: planted steady and slowing improvements, and clients who are level "
        "throughout.",
        "A gain is sought between neighbouring sessions with two scores on both sides, so that one "
        "missed session can hide it: see the column n. a. Those who improve steadily have sudden gains "
        "by chance: a sudden gain describes a course and proves nothing.",
    ),
    "a sudden loss": (
        "Are clients who never get worse said to have a sudden loss?",
        "Not to be flagged: a true total at no look worse than the first one. No sudden loss was "
        "planted in an outcome measure, so that there is none to be found.",
        "How many true losses are found is not known from here.",
    ),
    "an alliance rupture": (
        "Does the session rating show a rupture, and is it silent while the alliance is good?",
        f"To be found: planted ruptures, up to {NEAR} appointments after the rupture. "
        "Not to be flagged: alliances that are level and never beyond the published mark.",
        "The published drop is small beside the error of one rating, so that an alliance without any "
        "change drops at many sessions. It is told as a fact, an invitation to ask, and raises no flag; "
        "the flag is the mark alone. "
        "The spread of ratings is an assumption of the synthetic service.",
    ),
}

PLATEAU = (
    "How often do the plateau rules speak, by the kind of course?",
    "Share of simulated clients whom a rule flags at least once by the twelfth weekly score, and only "
    "at scores that are a case (PHQ-9-like scale, `analytics/simulation.py`). Flat courses should be "
    "flagged, steady ones not; *slow*, *slowing* and *late* lie between.",
    "The rule assumes errors that are new at each score. Where they last from week to week, it misses "
    "more flat courses and calls more steady ones level. Looks at sessions after the twelfth are not in it.",
)
UNCHANGED = (
    "How often is a client who does not change called reliably worse?",
    f"Chance of a false alarm at some look of a course of {COURSES[0]}, {COURSES[1]} or {COURSES[2]} "
    "scores, in percent: computed for "
    "normal errors, with the steps of the scale and without its ends (the number on the pages), and "
    "after the stroke simulated with steps and ends. *Once*: at one look; *twice*: at two looks in a row. "
    "By symmetry the computed chance is also that of a false improvement. Simulated clients begin as "
    "the norms of the questionnaire do; where it has none (marked *), in the middle of the scale.",
    "Errors are new at each score; where they last from week to week, false alarms are more frequent. "
    "Deteriorations are rarer where clients begin near the worst end.",
)
SUDDEN = (
    "How often do clients without any jump have a sudden gain?",
    "Share of simulated clients with one sudden gain or more in twelve weekly sessions, by the true "
    "course and the kind of error (SD 5.5, reliability .85; the reliable change is the first criterion).",
    "The more a client improves and the longer the error lasts, the more sudden gains there are "
    "without a jump.",
)
CALIBRATION = (
    "Does an expected course hold for clients who had no part in it?",
    "A curve of each questionnaire was fitted on another synthetic service of the same kind. Share of "
    "scores after intake that lie beyond its limits on the worse side, beside the share promised; with "
    "its 95 % interval (which allows for the scores of one client being alike) and the services with "
    "fewest and most.",
    "Both services have the same mixture of courses. A real service changes; there the check is "
    "repeated with each fit on half of its own episodes. True courses here are "
    "not log-linear, so that the shares far out need not be those promised.",
)
