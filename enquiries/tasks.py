"""One task. It may run twice, or twice at once: each mail is claimed before it is sent."""

from celery import shared_task
from django.utils import timezone

from enquiries.models import Question, ResumeRequest


@shared_task
def notify_staff() -> None:
    for model in (Question, ResumeRequest):
        model.objects.tell_staff(timezone.now())
