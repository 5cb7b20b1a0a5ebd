from django.apps import AppConfig


class CareersiteConfig(AppConfig):
    name = "careersite"
    verbose_name = "Site"

    def ready(self) -> None:
        from careersite import checks  # noqa: F401  (registers the system checks)
