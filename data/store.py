"""Where does a service's record live, and how does a log get into it?"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

import duckdb

from analytics.estimates import Estimates
from data.errors import DataError
from data.fitting import as_text, fit_figures, with_figures_in_use
from data.formats.text import Source
from data.generations import (
    available,
    current_number,
    generation_path,
    new_generation,
    prepare_current,
    prune,
    reading,
    switch_current,
)
from data.importing import admit, judge_file
from data.ledger import Counts, Fit, ImportOptions, ImportRecord, Ledger
from data.library import Library
from data.originals import kept, original, original_path, sha256_of
from data.quarantine import urgent_of
from data.reader import Reader
from data.repeats import earlier_imports, same_import
from data.reports import ImportReport, Rebuilt, already_imported
from data.results import describe, is_fresh, refresh, refuse_other_scales
from data.scope import Scope
from data.staging import Progress
from data.writing import disk_errors, recover, writing


class _NothingNew(Exception):  # noqa: N818 - no error: the file was here, and adds nothing now
    """The same file again, and still no row of it can be taken that was not."""


class Store:
    """The record of one service, in one folder.

    Reading needs a scope: ``store.reader(Scope.everyone("local"))``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        own = root / "library"
        self.ledger = Ledger(root / "ledger.sqlite")
        self._facts = Library.load(own if own.exists() else None)
        self.library = with_figures_in_use(self._facts, self.ledger)
        self._parents: dict[int, duckdb.DuckDBPyConnection] = {}
        self._guard = threading.Lock()

    @classmethod
    def create(cls, root: Path) -> Self:
        """Make an empty store in *root*, or open the one that is there."""
        try:
            filled = root.exists() and any(root.iterdir())
            if filled and not (root / "ledger.sqlite").exists():
                raise DataError(
                    f"{root} is not empty and holds no store (no ledger.sqlite). Choose an empty or a new "
                    "folder. Nothing was changed."
                )
            for folder in (root, root / "generations", root / "originals", root / "library"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not filled:
                    folder.chmod(0o700)  # also where an empty folder was there before
        except OSError as error:
            raise DataError(
                f"{root} cannot be a store's folder ({error.strerror}). Nothing was changed."
            ) from None
        return cls._opened(root)

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open the store in *root*, and finish a switch that a stopped writer had recorded."""
        if not (root / "ledger.sqlite").exists():
            raise DataError(
                f"{root} holds no store (no ledger.sqlite). Make one with `milepost import FILE "
                f"--store {root}` or `milepost demo --store {root}`."
            )
        return cls._opened(root)

    @classmethod
    def _opened(cls, root: Path) -> Self:
        store = cls(root)
        recover(root, store.ledger)
        return store

    # Reading ------------------------------------------------------------------------

    def current(self) -> int | None:
        """Return the generation in use, or ``None`` before the first import."""
        return current_number(self.root)

    def reader(self, scope: Scope) -> Reader:
        """Return a reader of the generation in use that sees what *scope* may see."""
        for _ in range(3):
            number = self.current()
            try:
                return Reader(self.parent(number), scope, self.library, number)
            except duckdb.IOException:  # pruned between the two steps: look again
                continue
        raise DataError(
            f"Generation {self.current()} of the store cannot be opened. Run `milepost verify`; "
            "`milepost rebuild` makes it again from the original files."
        )

    def reader_for_care(self) -> Reader:
        """Return a reader for whoever looks after the store on this machine."""
        return self.reader(Scope.everyone("local"))

    def parent(self, number: int | None) -> duckdb.DuckDBPyConnection | None:
        """Return the one read-only connection of a generation; readers take cursors of it."""
        if number is None:
            return None
        with self._guard:
            if number not in self._parents:
                self._parents[number] = reading(generation_path(self.root, number))
                for old in list(self._parents)[:-2]:  # in the order in which they were opened
                    del self._parents[old]  # not closed: a reader may still hold a cursor of it
            return self._parents[number]

    # Writing ------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the one writer, with the figures of the latest fit, whoever made it."""
        with writing(self.root, self.ledger):
            fit = self.ledger.fit_in_use()
            if (fit and fit.fit_no) != self.library.fit_no:
                self.library = with_figures_in_use(self._facts, self.ledger)
            yield

    def import_file(
        self,
        source: Source,
        options: ImportOptions | None = None,
        *,
        today: date,
        by: str = "local",
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import one file: all its good rows, in a new generation, or nothing at all.

        Raises
        ------
        DataError
            If the file is refused as a whole, the disk is full, or another import runs.
        """
        return self.import_files([source], options, today=today, by=by, progress=progress)[0]

    def import_files(
        self,
        sources: Sequence[Source],
        options: ImportOptions | None = None,
        *,
        today: date,
        by: str = "local",
        progress: Progress | None = None,
    ) -> tuple[ImportReport, ...]:
        """Import several files into one new generation: all of them, or none.

        Raises
        ------
        DataError
            If a file is refused as a whole, the disk is full, or another import runs.
        """
        with self._writing():
            reports: dict[int, ImportReport] = {}
            fresh: list[tuple[int, Source, ImportOptions, str]] = []
            for place, source in enumerate(sources):
                chosen = options or ImportOptions(encoding=source.encoding)
                sha = sha256_of(source.path)
                earlier = same_import(self.ledger.imports(), sha, chosen)
                if earlier is not None:
                    reports[place] = already_imported(source.name, earlier)
                else:
                    fresh.append((place, source, chosen, sha))
            try:
                if fresh:
                    reports.update(self._import_fresh(fresh, today, by, progress))
            except _NothingNew:
                place, source, chosen, sha = fresh[0]
                last = earlier_imports(self.ledger.imports(), sha, chosen)[-1]
                reports[place] = already_imported(source.name, last)
            return tuple(reports[place] for place in range(len(sources)))

    def _import_fresh(
        self,
        files: Sequence[tuple[int, Source, ImportOptions, str]],
        today: date,
        by: str,
        progress: Progress | None,
    ) -> dict[int, ImportReport]:
        base, number = self.current(), self.ledger.next_generation()
        first_no = self.ledger.next_import_no()
        names = ", ".join(source.name for _, source, _, _ in files)
        records: dict[int, ImportRecord] = {}
        told: dict[int, tuple[tuple[str, ...], int]] = {}
        if base is not None and not generation_path(self.root, base).exists():
            raise DataError(
                f"The file of generation {base} is missing from the store. Run `milepost rebuild`, "
                "then import again. Nothing was imported."
            )
        originals = [(source.path, sha) for _, source, _, sha in files]
        with disk_errors(names), kept(self.root, originals):
            with new_generation(self.root, number, based_on=base) as con:
                refuse_other_scales(con, self.library)
                only_touched = is_fresh(con, self.library) and len(files) == 1
                for step, (place, source, options, sha) in enumerate(files):
                    # The kept copy is judged: the file itself may change while it is read.
                    copy = Source(source.name, original_path(self.root, sha), source.encoding)
                    judged = judge_file(
                        con, copy, options, library=self.library, today=today, progress=progress
                    )
                    held = self.ledger.imports()
                    again = [r.import_no for r in earlier_imports(held, sha, options)]
                    counts = admit(con, judged, first_no + step, replaces=again)
                    if again and not counts.accepted and len(files) == 1:
                        raise _NothingNew
                    only_touched = only_touched and judged.table == "log"
                    told[place] = (judged.unread, urgent_of(con, first_no + step))
                    records[place] = ImportRecord(
                        first_no + step,
                        sha,
                        source.name,
                        judged.table,
                        options,
                        today,
                        by,
                        datetime.now(UTC),
                        counts,
                        number,
                        None,
                    )
                refresh(con, self.library, only_touched=only_touched, progress=progress)
                describe(con, self.library, number)
            prepare_current(self.root, number)
            self.ledger.commit_imports(list(records.values()), f"import of {names}")
        switch_current(self.root)
        prune(self.root, keep=number)
        return {
            place: ImportReport(r.file, r.table, r.counts, r.import_no, number, None, *told[place])
            for place, r in records.items()
        }

    def rebuild(self, *, progress: Progress | None = None, undo: int | None = None) -> Rebuilt:
        """Make the current state again from the original files.

        Facts and rules may have changed since: imports that count otherwise now are named.

        With *undo*, the import of that number is left out, and marked so.
        """
        with self._writing():
            records = [r for r in self.ledger.imports() if r.undone_at is None]
            if undo is not None:
                if undo not in {r.import_no for r in records}:
                    raise DataError(
                        f"Import {undo} is not in use, so there is nothing to undo. Nothing was changed."
                    )
                records = [r for r in records if r.import_no != undo]
            number = self.ledger.next_generation()
            counts: dict[int, Counts] = {}
            with disk_errors("The rebuild"):
                with new_generation(self.root, number, based_on=None) as con:
                    for record in records:
                        held = [r for r in records if r.import_no < record.import_no]
                        same = earlier_imports(held, record.sha256, record.options)
                        again = [r.import_no for r in same]
                        judged = judge_file(
                            con,
                            Source(record.file, original(self.root, record.sha256)),
                            record.options,
                            library=self.library,
                            today=record.judged_on,
                            progress=progress,
                        )
                        counts[record.import_no] = admit(
                            con, judged, record.import_no, replaces=again
                        )
                    refresh(con, self.library, only_touched=False, progress=progress)
                    describe(con, self.library, number)
                prepare_current(self.root, number)
                reason = "rebuild" if undo is None else f"undo of import {undo}"
                self.ledger.commit_generation(number, reason, undone=undo, counts=counts)
            switch_current(self.root)
            prune(self.root, keep=number)
            changed = [(r, counts[r.import_no]) for r in records if counts[r.import_no] != r.counts]
            return Rebuilt(number, tuple(changed))

    def fit(self, *, by: str = "local", progress: Progress | None = None) -> tuple[Estimates, ...]:
        """Estimate the service's own figures from the record, and derive everything with them.

        Raises
        ------
        DataError
            If nothing has been imported, the disk is full, or another act runs.
        """
        with self._writing():
            base, number = self.current(), self.ledger.next_generation()
            if base is None:
                raise DataError("The store is empty: import a log first. Nothing was fitted.")
            made = Fit(self.ledger.next_fit_no(), datetime.now(UTC), by, base, "")
            with disk_errors("The fit"):
                with new_generation(self.root, number, based_on=base) as con:
                    refuse_other_scales(con, self.library)
                    figures = fit_figures(con, self.library, progress=progress)
                    library = self.library.with_figures(figures, made.fit_no)
                    refresh(con, library, only_touched=False, progress=progress)
                    describe(con, library, number)
                prepare_current(self.root, number)
                made = replace(made, figures=as_text(figures))
                self.ledger.commit_generation(number, f"fit {made.fit_no}", fit=made)
            self.library = library  # on record by now, whatever becomes of the switch
            switch_current(self.root)
            prune(self.root, keep=number)
            return figures

    def undo_import(self, import_no: int, *, progress: Progress | None = None) -> Rebuilt:
        """Make the state as if the import had not been; its file and record are kept."""
        return self.rebuild(undo=import_no, progress=progress)

    def roll_back(self, number: int) -> None:
        """Use an earlier generation that is still there."""
        with writing(self.root, self.ledger):
            usable = self.ledger.known_generations() & set(available(self.root))
            if number not in usable:
                there = ", ".join(str(n) for n in sorted(usable)) or "none"
                raise DataError(
                    f"Generation {number} is not there; kept are {there}. Nothing was changed."
                )
            with disk_errors("Going back"):
                prepare_current(self.root, number)
                self.ledger.move_pointer(number)
            switch_current(self.root)
            self.library = with_figures_in_use(self._facts, self.ledger)

    def original_of(self, import_no: int) -> tuple[Source, ImportRecord]:
        """Return the file of an import as it came, and the record of the import."""
        for record in self.ledger.imports():
            if record.import_no == import_no:
                return Source(record.file, original(self.root, record.sha256)), record
        raise DataError(f"There is no import {import_no}.")
