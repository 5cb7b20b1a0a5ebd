from django.apps import AppConfig
from django.core.checks import Tags, register

from blog.checks import editor_is_hardened


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = "Blog"

    def ready(self) -> None:
        register(editor_is_hardened, Tags.security)
