from django.core.management.base import BaseCommand

from blog.models import Article, SearchEntry, SearchWord
from blog.searching.indexing import refill


class Command(BaseCommand):
    help = "Make the search’s index anew. It follows every change by itself; this is for repair."

    def handle(self, **options: object) -> None:
        done = refill(Article.objects, SearchEntry.objects, SearchWord.objects, self._report)
        words = SearchWord.objects.count()
        self.stdout.write(f"The search knows {done} articles and {words} words.")

    def _report(self, done: int) -> None:
        if done % 1000 == 0:
            self.stdout.write(f"{done} articles …")
