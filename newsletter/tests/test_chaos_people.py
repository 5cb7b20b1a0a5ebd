"""Readers and staff change their minds while workers are killed: afterwards each mail is where it
is said to be, once at most, and the page of a person tells no lie.

The short form; `make chaos` is the long one (see `newsletter/tests/ordeal.py`).
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from blog.models import Article
from blog.tests.factories import make_article
from careersite.run import WORKER_ENVIRONMENT
from newsletter import sweeping
from newsletter.models import Batch, Campaign, Delivery
from newsletter.states import State
from newsletter.tests.crowd import (
    Desk,
    Readers,
    assert_pages_say_it,
    assert_true_of_each_mail,
)
from newsletter.tests.ordeal import (
    BLOWS,
    FAR_ENDS,
    IS_LONG,
    MAILS,
    SWEEP_AGAIN_S,
    WITH_REDIS,
    FarEnd,
    Ordeal,
    mail_provider,
    say,
    smtp_server,
)
from newsletter.tests.workers import (
    CONCURRENCY,
    Eventually,
    StartWorker,
    children_of,
    kill_with_children,
    sweep,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_queue"),
    pytest.mark.chaos,
]

ROUNDS = min(BLOWS, 20) if IS_LONG else 1
ACTS_A_ROUND = 8
EVERY_50TH = range(25, MAILS, 50)


@pytest.fixture(params=FAR_ENDS)
def far_end(request: pytest.FixtureRequest) -> FarEnd:
    """Slower than the pages, so that there is time for everybody."""
    if request.param == "http":
        return mail_provider(request.getfixturevalue("provider"), 0.5)
    sink = request.getfixturevalue("smtp_sink")
    for number in EVERY_50TH:
        sink.answer("RCPT", "451 4.7.1 Come later", address=f"reader{number}@example.com", times=1)
        sink.answer("RCPT", "550 5.1.1 Nobody here", address=f"reader{number + 1}@example.com")
    return smtp_server(sink, 0.06 if IS_LONG else 0.01)


# --- Blows --------------------------------------------------------------------------------


def cut_the_power(worker: subprocess.Popen) -> bool:
    kill_with_children(worker)
    return False


def kill_one_child(worker: subprocess.Popen) -> bool:
    """As the kernel does it where memory is short. Its parent makes another one, or ends."""
    os.kill(children_of(worker)[0], signal.SIGKILL)
    if WITH_REDIS:
        return True
    worker.wait(60)
    return False


def ask_to_stop(worker: subprocess.Popen) -> bool:
    worker.terminate()
    worker.wait(40)
    return False


def ask_to_stop_by_hand(worker: subprocess.Popen) -> bool:
    worker.send_signal(signal.SIGINT)
    worker.wait(40)
    return False


# After each: does the worker live on?
BLOWS_IN_TURN: list[Callable[[subprocess.Popen], bool]] = [
    *(cut_the_power, kill_one_child, cut_the_power),
    *(ask_to_stop, kill_one_child, ask_to_stop_by_hand),
]


# --- The test -----------------------------------------------------------------------------


class Play:
    def __init__(self, far_end: FarEnd, start: StartWorker, eventually: Eventually) -> None:
        self.ordeal = Ordeal(far_end, eventually)
        self.start, self.worker = start, None
        sweeping.sweep(timezone.now())  # the mails are made before anybody changes anything
        self.campaign = Campaign.objects.get()
        self.readers, self.desk = Readers(self.ordeal.chance), Desk()

    def set_to_work(self) -> None:
        if self.worker is None:
            environment = {**WORKER_ENVIRONMENT, **self.ordeal.far_end.environment}
            self.worker = self.start(**environment)

    def round(self, blow: Callable[[subprocess.Popen], bool]) -> None:
        self.set_to_work()
        for act in self.ordeal.chance.sample(self.acts(), ACTS_A_ROUND):
            self.ordeal.await_some(MAILS // (ROUNDS * ACTS_A_ROUND))
            act()
        self.ordeal.eventually(lambda: children_of(self.worker))
        self.strike(blow)

    def acts(self) -> list[Callable[[], None]]:
        return [*self.readers.round(), self.pause_for_a_while]

    def pause_for_a_while(self) -> None:
        """Staff stop it, readers go on acting, staff let it go on."""
        self.desk.press("pause", self.campaign)
        before = len(self.ordeal.far_end.received())
        for act in self.readers.round()[:2]:
            act()
        since = len(self.ordeal.far_end.received()) - before
        assert since <= CONCURRENCY * self.ordeal.far_end.at_stake
        self.desk.press("resume", self.campaign)

    def strike(self, blow: Callable[[subprocess.Popen], bool]) -> None:
        if not blow(self.worker):
            self.worker = None
        self.ordeal.blows += 1
        self.let_time_go_by()

    def let_time_go_by(self) -> None:
        """Also for whoever lives still, whose leases are gone then."""
        self.ordeal.end_leases()
        end_waits()

    def await_end(self) -> None:
        self.set_to_work()

        def is_over() -> bool:
            end_waits()
            sweep()
            time.sleep(SWEEP_AGAIN_S / 2)
            return self.ordeal.is_over()

        self.ordeal.eventually(is_over, 300)

    def announce_another(self) -> Article:
        article = make_article("Taken back", published_at=None)
        article.publish()
        sweeping.sweep(timezone.now())
        return article

    def assert_true(self) -> None:
        arrived = list(self.ordeal.far_end.mails())
        assert_true_of_each_mail(arrived)
        assert_pages_say_it(self.desk, arrived, self.ordeal.chance)
        assert self.campaign.deliveries.count() == MAILS
        assert not Delivery.objects.open().exists()


def end_waits() -> None:
    """As if it were later: what was put off is due."""
    Delivery.objects.filter(not_before__isnull=False).update(not_before=None)
    Batch.objects.filter(repeat_at__isnull=False).update(repeat_at=timezone.now())


def test_each_mail_is_where_it_is_said_to_be(
    far_end: FarEnd, start_worker: StartWorker, eventually: Eventually
) -> None:
    play = Play(far_end, start_worker, eventually)
    for number in range(ROUNDS):
        if not play.ordeal.is_over():
            play.round(BLOWS_IN_TURN[number % len(BLOWS_IN_TURN)])
    play.await_end()
    another = play.announce_another()
    play.ordeal.await_some()
    another.withdraw()
    sweeping.sweep(timezone.now())
    play.strike(kill_one_child if WITH_REDIS else cut_the_power)
    another.publish()
    play.await_end()
    play.assert_true()
    taken_back = Campaign.objects.get(article=another)
    say(
        f"{far_end.name}, {play.ordeal.blows} blows: {play.campaign.tally()}; "
        f"taken back: {taken_back.tally()}"
    )
    assert taken_back.status == "cancelled"
    doubtful = Delivery.objects.filter(state=State.IN_DOUBT).count()
    assert doubtful <= play.ordeal.blows * CONCURRENCY * far_end.at_stake

    play.desk.press("send-again", play.campaign, certain="1")
    play.await_end()
    play.assert_true()
    kill_with_children(play.worker)
    assert not play.campaign.deliveries.filter(state=State.IN_DOUBT).exists()
