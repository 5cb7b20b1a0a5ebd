"""The Celery application. A message is a nudge with ids; the database holds the truth."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready
from celery.worker.consumer import Consumer
from django.core.exceptions import ImproperlyConfigured

from careersite.checks import refuse_unsafe_start
from careersite.lost_children import end_with_children

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careersite.settings")

app = Celery("careersite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()


@worker_init.connect
@beat_init.connect
def refuse_unsafe_work(**_: object) -> None:
    """Celery logs the exceptions of its signals and goes on; this one has to stop it."""
    try:
        refuse_unsafe_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


@worker_ready.connect
def look_after_children(sender: Consumer, **_: object) -> None:
    end_with_children(sender.controller)
