"""Who must not be written to is remembered through every change of SECRET_KEY."""

import pytest
from pytest_django import Settings

from blog.visitors import keyed_hash
from newsletter.models import Suppression, SuppressionKey
from newsletter.tests.factories import at_once

pytestmark = pytest.mark.django_db

ADA = "Ada@example.com"


def change_key(settings: Settings, new: str, *old: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = new, [*old]


def test_a_key_that_was_dropped_takes_nothing_along(settings: Settings) -> None:
    change_key(settings, "first")
    Suppression.objects.add(ADA, Suppression.Reason.COMPLAINED)
    change_key(settings, "second", "first")
    assert Suppression.objects.covers(ADA)
    change_key(settings, "second")
    assert Suppression.objects.covers("ada@EXAMPLE.com")
    change_key(settings, "third", "second")
    assert Suppression.objects.covered(["ada@example.com", "ben@example.com"]) == [
        "ada@example.com"
    ]
    change_key(settings, "third")
    assert Suppression.objects.covers(ADA)
    assert not Suppression.objects.covers("ben@example.com")
    assert SuppressionKey.objects.count() == 1


def test_what_was_kept_under_secret_key_itself_moves_to_the_lasting_key(
    settings: Settings,
) -> None:
    change_key(settings, "first")
    old = keyed_hash("ada@example.com", "suppression")
    Suppression.objects.create(address_hash=old, reason="complained", at="2026-01-01T00:00Z")
    change_key(settings, "second", "first")
    assert Suppression.objects.covered(["ada@example.com"])
    assert Suppression.objects.covers(ADA)
    change_key(settings, "second")
    assert Suppression.objects.covers(ADA)
    assert Suppression.objects.add(ADA, Suppression.Reason.STAFF).reason == "complained"
    assert Suppression.objects.count() == 1


def test_a_wrong_key_opens_nothing_and_the_right_one_still_does_later(settings: Settings) -> None:
    change_key(settings, "first")
    Suppression.objects.add(ADA, Suppression.Reason.COMPLAINED)
    change_key(settings, "unrelated")
    assert not Suppression.objects.covers(ADA)
    change_key(settings, "unrelated", "first")
    assert Suppression.objects.covers(ADA)


def test_the_database_alone_does_not_tell_who_it_is(settings: Settings) -> None:
    change_key(settings, "first")
    kept = Suppression.objects.add(ADA, Suppression.Reason.COMPLAINED)
    row = SuppressionKey.objects.get()
    assert row.wrapped not in ("", row.unwrapped())
    assert kept.address_hash != keyed_hash("ada@example.com", "suppression", row.wrapped)
    assert kept.address_hash == keyed_hash("ada@example.com", "suppression", row.unwrapped())


@pytest.mark.django_db(transaction=True)
def test_workers_that_need_it_first_at_one_moment_make_one_key() -> None:
    at_once(lambda: Suppression.objects.add(ADA, Suppression.Reason.BOUNCED))
    assert SuppressionKey.objects.count() == 1
    assert Suppression.objects.count() == 1
