from argparse import ArgumentParser

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from blog.demo import loading
from blog.models import Article

NOT_HERE = (
    "The demo is for trying the site out: it makes an account whose password can be worked out. "
    "It loads with DEBUG=1 only."
)


class Command(BaseCommand):
    help = "Fill the site with the demo’s articles, topics, authors and an editor’s account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="only if there is no article yet")

    def handle(self, *, once: bool, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError(NOT_HERE)
        if not (once and Article.objects.exists()):
            with transaction.atomic():
                counts = loading.load()
            loaded = ", ".join(f"{number} {what}" for what, number in counts.items())
            self.stdout.write(f"Loaded the demo: {loaded}.")
        self._tell_password()

    def _tell_password(self) -> None:
        user = User.objects.filter(username=loading.USERNAME).first()
        if user is None:
            return
        is_ours = user.check_password(loading.password())
        known = loading.password() if is_ours else "you have changed it"
        self.stdout.write(f"Editor: {user.username}, password: {known}")
