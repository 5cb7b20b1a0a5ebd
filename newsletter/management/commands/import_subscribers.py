from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import reset_queries
from django.utils import timezone

from newsletter.importing import CannotImport, Import, Rows, WrongRow

TELL_EVERY = 50_000


class Command(BaseCommand):
    help = (
        "Put people on the list who agreed elsewhere, from a CSV file. All or nothing. "
        "Whoever left us or must not be written to stays away."
    )
    told = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", type=Path, help="one person a line; a column named “email”")
        parser.add_argument(
            "--source", required=True, help="where they agreed, as in “sign-up sheet, job fair”"
        )
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="when they agreed; needed where the file has no column for it",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, csv: Path, **options: object) -> None:
        source, is_trial = str(options["source"]).strip(), bool(options["dry_run"])
        if not source:
            raise CommandError("Say with --source where these people agreed.")
        now = timezone.now()
        work = Import(source, "import_subscribers", now, is_trial, self._complain, self._progress)
        try:
            outcome = work.run(Rows(csv, options["date"], now))
        except (CannotImport, OSError) as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        for label, number in outcome.lines():
            if number or label == outcome.lines()[0][0]:
                self.stdout.write(f"{number:>9,} {label}")
        ending = "Only a trial: nothing was changed." if is_trial else "Done."
        self.stdout.write(f"{outcome.rows:>9,} rows in all. {ending}")

    def _complain(self, row: WrongRow) -> None:
        self.stderr.write(f"Line {row.line}: {row.why}")

    def _progress(self, rows: int) -> None:
        reset_queries()  # while DEBUG is on, Django remembers them all
        if rows >= self.told + TELL_EVERY:
            self.told = rows
            self.stderr.write(f"{rows:,} rows …")
