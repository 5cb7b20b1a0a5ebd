from django.apps import AppConfig
from django.core.checks import register

from careersite.checks import check_settings


class CareersiteConfig(AppConfig):
    name = "careersite"
    verbose_name = "Site"

    def ready(self) -> None:
        register(check_settings)
