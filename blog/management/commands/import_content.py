from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from blog.importing.manuscript import CannotImport, Manuscript
from blog.importing.pictures import Pictures
from blog.importing.reading import FORMATS, files_under, read
from blog.importing.storing import Shelf, Stored
from blog.models import Article


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
            help="leave out the first paragraph that begins so, and all after it",
        )
        parser.add_argument("--publish", action="store_true", help="public since its own date")
        parser.add_argument("--notify", action="store_true", help="mail it to subscribers")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, path: Path, **options: object) -> None:
        pictures = Pictures(is_trial=bool(options["dry_run"]))
        shelf = Shelf(bool(options["publish"]), bool(options["notify"]), pictures)
        try:
            with transaction.atomic():
                taken = self._take_all(path, shelf, options)
                transaction.set_rollback(pictures.is_trial)
        except CannotImport as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        finally:
            pictures.throw_away()
        for manuscript, stored in taken:
            self._report(manuscript, stored)
        self._sum_up([stored for _, stored in taken], pictures)

    def _take_all(
        self, path: Path, shelf: Shelf, options: dict[str, object]
    ) -> list[tuple[Manuscript, Stored]]:
        files = files_under(path)
        kind, title, until = (str(options[name] or "") for name in ("format", "title", "until"))
        if title and len(files) > 1:
            raise CannotImport("--title fits one file only.")
        manuscripts = [read(file, kind, title, until) for file in files]
        if until and not any(manuscript.dropped for manuscript in manuscripts):
            raise CannotImport(f"No paragraph in {path} begins with “{until}”.")
        return [(one, shelf.put(one)) for one in manuscripts]

    def _report(self, manuscript: Manuscript, stored: Stored) -> None:
        article = stored.article
        done = "new" if stored.is_new else "updated"
        self.stdout.write(f"{manuscript.path.name}: “{article.title}”, {done}, {state(article)}")
        if article.is_draft and manuscript.date:
            date = timezone.localtime(manuscript.date)
            self.stdout.write(f"  Its date, {date:%Y-%m-%d}, counts with --publish only.")
        for note in stored.notes:
            self.stdout.write(f"  {note}")
        for paragraph in manuscript.dropped:
            self.stdout.write(f"  Left out: {paragraph}")
        for warning in manuscript.warnings:
            self.stdout.write(self.style.WARNING(f"  {warning}"))

    def _sum_up(self, stored: list[Stored], pictures: Pictures) -> None:
        verb = "Would import" if pictures.is_trial else "Imported"
        new = sum(one.is_new for one in stored)
        self.stdout.write(
            f"{verb} {counted(len(stored), 'article')}: {new} new, {len(stored) - new} updated, "
            f"with {counted(pictures.found, 'picture')}."
        )
        if pictures.elsewhere:
            found = counted(pictures.elsewhere, "picture")
            self.stdout.write(f"{found} of other sites became links; nothing was fetched.")
        if pictures.lost:
            self.stdout.write(f"{counted(pictures.lost, 'picture')} without a file was left out.")


def state(article: Article) -> str:
    if article.is_draft:
        return "draft"
    date = timezone.localtime(article.published_at)
    return f"{'scheduled for' if article.is_scheduled else 'public since'} {date:%Y-%m-%d %H:%M}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
