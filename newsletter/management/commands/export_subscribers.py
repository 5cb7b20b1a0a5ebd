import os
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from newsletter.exporting import csv_lines


class Command(BaseCommand):
    help = "Write everybody who ever asked for our mails, with their state, as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="otherwise to standard output")

    def handle(self, file: Path | None, **options: object) -> None:
        people = -1  # the first line names the columns
        try:
            if file is None:
                for line in csv_lines():
                    self.stdout.write(line, ending="")
                    people += 1
            else:
                people += self._write(file)
        except OSError as error:
            raise CommandError(f"Nothing was written: {error}") from error
        self.stderr.write(f"{people:,} people.", style_func=str)

    def _write(self, file: Path) -> int:
        """Whole or not at all; for the owner's eyes."""
        unfinished = file.with_name(f".{file.name}.part")
        try:
            with open(
                os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                "w",
                encoding="utf-8",
                newline="",
            ) as out:
                lines = sum(bool(out.write(line)) for line in csv_lines())
            os.replace(unfinished, file)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return lines
