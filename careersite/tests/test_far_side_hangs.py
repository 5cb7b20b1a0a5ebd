"""A far side that hangs costs a worker one turn, and holds up nothing else for longer."""

from datetime import timedelta

from django.conf import settings

from newsletter.tasks import TURN_S
from newsletter.times import LEASE

A_MINUTE_S = 60


def test_each_wait_ends_before_the_one_around_it() -> None:
    longest_call_s = max(settings.EMAIL_TIMEOUT, sum(settings.ANYMAIL["REQUESTS_TIMEOUT"]))
    assert TURN_S + longest_call_s < A_MINUTE_S
    assert A_MINUTE_S < settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < LEASE
    assert settings.CELERY_TASK_TIME_LIMIT < settings.CELERY_VISIBILITY_TIMEOUT


def test_confirmations_and_alarms_stand_in_another_queue_than_campaigns() -> None:
    queues = {name: route["queue"] for name, route in settings.CELERY_TASK_ROUTES.items()}
    urgent = ("newsletter.tasks.send_confirmation", "newsletter.tasks.tell_of_pause")
    assert {queues[name] for name in urgent} == {"mail"}
    assert queues["newsletter.tasks.send_campaign"] == "campaigns"
