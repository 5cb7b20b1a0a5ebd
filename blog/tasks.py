"""Tasks: one call each. Any of them may run twice."""

from celery import shared_task
from django.utils import timezone

from blog import indexnow


@shared_task
def tell_search_engines() -> None:
    indexnow.tell(timezone.now())
