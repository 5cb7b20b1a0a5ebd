from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from blog.demo import loading
from blog.models import Article


class Command(BaseCommand):
    help = "Fill the site with the demo’s articles, topics, authors and an editor’s account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="only if there is no article yet")

    def handle(self, *, once: bool, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has an account with a known kind of password: DEBUG only.")
        if not (once and Article.objects.exists()):
            with transaction.atomic():
                counts = loading.load()
            loaded = ", ".join(f"{number} {what}" for what, number in counts.items())
            self.stdout.write(f"Loaded the demo: {loaded}.")
        user, is_ours = loading.editor()
        known = loading.password() if is_ours else "as you changed it"
        self.stdout.write(f"Editor: {user.username}, password: {known}")
