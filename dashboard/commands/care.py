"""Looking after a store: ``status``, ``fit``, ``verify``, ``rebuild``, ``roll-back``."""

from collections import Counter
from typing import Annotated

import typer

from dashboard.commands.imports import StoreOption, tell_changes
from dashboard.commands.terminal import as_json, out, progress_bar, today
from dashboard.views.own_figures import own_figures
from data.errors import DataError
from data.store import Store
from data.verification import verify as verify_store


def status(
    store: StoreOption,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell what is in the store, how old it is, and what was set aside."""
    record = Store.open(store)
    reader = record.reader_for_care()
    about, totals, imports = reader.about(), reader.totals(), record.ledger.imports()
    codes = Counter(row.code for row in reader.quarantine())
    age = None if totals.last_on is None else (today() - totals.last_on).days
    facts = {
        "store": store,
        "generation": None if about is None else about.number,
        "software": None if about is None else about.software,
        "rules": None if about is None else about.rules,
        "fit": None if about is None else about.fit,
        "clients": totals.clients,
        "episodes": totals.episodes,
        "open_episodes": totals.open_episodes,
        "series": totals.series,
        "scores": totals.scores,
        "sessions": totals.sessions,
        "first_on": totals.first_on,
        "last_on": totals.last_on,
        "days_since_last_measure": age,
        "quarantined": totals.quarantined,
        "quarantined_by_reason": dict(codes.most_common()),
        "imports": [
            {
                "import_no": r.import_no,
                "file": r.file,
                "table": r.table,
                "at": r.imported_at,
                "by": r.imported_by,
                "accepted": r.counts.accepted,
                "duplicate": r.counts.duplicate,
                "quarantined": r.counts.quarantined,
                "undone_at": r.undone_at,
            }
            for r in imports
        ],
    }
    if json:
        as_json(facts)
        return
    if about is None:
        out.print(f"{store} is an empty store. Import a log with `milepost import`.", markup=False)
        return
    out.print(
        f"Generation {about.number}, rules {about.rules}, software {about.software}, "
        + (f"own figures of fit {about.fit}\n" if about.fit else "no own figures (milepost fit)\n")
        + f"{totals.clients:,} clients, {totals.open_episodes:,} of {totals.episodes:,} episodes open, "
        f"{totals.scores:,} scores, {totals.sessions:,} sessions\n"
        f"Measures from {totals.first_on} to {totals.last_on} ({age} days ago)\n"
        f"Set aside: {totals.quarantined:,} rows"
        + "".join(f"\n  {count:,} {code}" for code, count in codes.most_common()),
        markup=False,
    )
    for r in imports:
        note = f", undone {r.undone_at:%Y-%m-%d}" if r.undone_at else ""
        out.print(
            f"Import {r.import_no}: {r.imported_at:%Y-%m-%d %H:%M} {r.file} ({r.table}), "
            f"{r.counts.accepted:,} new, {r.counts.duplicate:,} already here, "
            f"{r.counts.quarantined:,} set aside{note}",
            markup=False,
        )


def fit(
    store: StoreOption,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Estimate the service's own figures from its record, and judge every course with them.

    Norms of first scores, the spread of single scores, how slopes differ between clients, and
    the expected course. They stay as they are until the next fit, whatever is imported.
    """
    record = Store.open(store)
    with progress_bar(quiet=json) as progress:
        figures = record.fit(progress=progress)
    if json:
        as_json(list(figures))
        return
    for own in figures:
        name = record.library.instruments[own.instrument].name
        for line in own_figures(own):
            out.print(f"{name}: {line}", markup=False)
    out.print(f"Generation {record.current()} was made with these figures and is in use.")


def verify(
    store: StoreOption,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check files, invariants and results; the exit code is 1 if anything is wrong."""
    checks = verify_store(Store.open(store))
    if json:
        as_json([{"what": c.what, "wrong": c.wrong} for c in checks])
    else:
        for check in checks:
            out.print(f"{check.what}: {check.wrong or 'yes'}", markup=False)
    raise typer.Exit(1 if any(c.wrong for c in checks) else 0)


def rebuild(store: StoreOption) -> None:
    """Make the current state again from the original files and the ledger."""
    record = Store.open(store)
    if not record.ledger.imports():
        raise DataError(f"{store} has no imports, so there is nothing to rebuild.")
    with progress_bar() as progress:
        rebuilt = record.rebuild(progress=progress)
    tell_changes(rebuilt)
    out.print(f"Generation {rebuilt.generation} was made from the original files and is in use.")


def roll_back(
    generation: Annotated[int, typer.Argument(help="A generation that is still kept.")],
    store: StoreOption,
) -> None:
    """Use an earlier generation; nothing is deleted."""
    Store.open(store).roll_back(generation)
    out.print(f"Generation {generation} is in use.")
