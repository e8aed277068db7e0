"""The command ``milepost``."""

import sys

import typer

from dashboard.commands import bench, care, imports, showing, tables, validate
from dashboard.commands.terminal import err
from data.errors import DataError

app = typer.Typer(
    help="Outcome monitoring for psychotherapy services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(showing.demo)
app.command("serve")(showing.serve)
app.command("import")(imports.import_command)
app.command("undo")(imports.undo)
app.command("status")(care.status)
app.command("flags")(tables.flags)
app.command("analyse")(tables.analyse)
app.command("instruments")(tables.instruments)
app.command("fit")(care.fit)
app.command("rebuild")(care.rebuild)
app.command("verify")(care.verify)
app.command("roll-back")(care.roll_back)
app.command("bench")(bench.bench)
app.command("validate")(validate.validate)


def main() -> None:
    """Run the command; a person's mistake is one sentence, never a traceback."""
    try:
        app()
    except DataError as error:
        err.print(str(error), markup=False)
        sys.exit(imports.REFUSED)
    except (KeyboardInterrupt, RuntimeError) as stop:
        # DuckDB tells of Ctrl+C in the middle of a query by an error of its own.
        if isinstance(stop, RuntimeError) and "interrupted" not in str(stop).lower():
            raise
        err.print("Stopped. The store is as it was before.")
        sys.exit(130)


if __name__ == "__main__":
    main()
