from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from blog.importing.manuscript import CannotImport, Manuscript
from blog.importing.reading import FORMATS, files_under, read
from blog.importing.storing import Stored, store


class Command(BaseCommand):
    help = "Import an article, or a folder of them, from text, Markdown or HTML. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--format", choices=FORMATS, help="otherwise told by the file’s ending")
        parser.add_argument("--title", default="", help="for a file that has none")
        parser.add_argument(
            "--until",
            default="",
            metavar="TEXT",
            help="text only: leave out the paragraph that begins so, and all after it",
        )
        parser.add_argument("--publish", action="store_true", help="public since its own date")
        parser.add_argument("--notify", action="store_true", help="mail it to subscribers, if new")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, path: Path, **options: object) -> None:
        try:
            files = files_under(path)
            if options["title"] and len(files) > 1:
                raise CannotImport("--title fits one file only.")
            with transaction.atomic():
                stored = [self._take(file, options) for file in files]
                transaction.set_rollback(bool(options["dry_run"]))
        except CannotImport as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        self._sum_up(stored, bool(options["dry_run"]))

    def _take(self, file: Path, options: dict[str, object]) -> Stored:
        manuscript = read(file, options["format"] or "", options["until"])
        stored = store(
            manuscript,
            title=options["title"],
            publish=options["publish"],
            notify=options["notify"],
        )
        self._report(manuscript, stored)
        return stored

    def _report(self, manuscript: Manuscript, stored: Stored) -> None:
        article = stored.article
        since = f"public since {article.published_at:%Y-%m-%d}" if article.published_at else "draft"
        done = "new" if stored.is_new else "updated"
        self.stdout.write(f"{manuscript.path.name}: “{article.title}”, {done}, {since}")
        if article.is_draft and manuscript.date:
            self.stdout.write(
                f"  Its date, {manuscript.date:%Y-%m-%d}, counts with --publish only."
            )
        for paragraph in manuscript.dropped:
            self.stdout.write(f"  left out: {paragraph}")
        if stored.remote_pictures:
            self.stdout.write(f"  {stored.remote_pictures} pictures of other sites stay there.")
        for warning in manuscript.warnings:
            self.stdout.write(self.style.WARNING(f"  {warning}"))

    def _sum_up(self, stored: list[Stored], is_trial: bool) -> None:
        new = sum(one.is_new for one in stored)
        pictures = sum(one.pictures for one in stored)
        verb = "Would import" if is_trial else "Imported"
        self.stdout.write(
            f"{verb} {len(stored)} articles: {new} new, {len(stored) - new} updated, "
            f"{pictures} pictures."
        )
