"""Tasks: one call each. Any of them may run twice."""

from celery import shared_task
from django.utils import timezone

from blog import indexnow, share_picture


@shared_task
def tell_search_engines() -> None:
    indexnow.tell(timezone.now())


@shared_task
def forget_hidden_pictures() -> None:
    share_picture.forget_hidden(timezone.now())
