"""The table of what each provider can says something of each, and is obeyed."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import anymail.backends
import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

from newsletter import providers
from newsletter.models import Campaign
from newsletter.providers import PROVIDERS

NO_PROVIDERS = {"base", "base_requests", "console", "test", "sendinblue"}


def test_it_names_each_provider_of_anymail() -> None:
    found = {module.name for module in iter_modules(anymail.backends.__path__)}
    assert set(PROVIDERS) == found - NO_PROVIDERS


@pytest.mark.parametrize("name", [name for name, can in PROVIDERS.items() if can.batch_size > 1])
def test_who_is_sent_batches_takes_headers_and_a_tag_for_each_reader(name: str) -> None:
    source = Path(import_module(f"anymail.backends.{name}").__file__).read_text()
    assert "def set_merge_headers" in source
    assert "def set_merge_metadata" in source
    assert "merge_headers without" not in source


def test_a_mailing_with_marks_of_the_provider_in_its_words_goes_one_mail_each(
    settings: object,
) -> None:
    plain = Campaign(subject="Hello", html="<p>100 %</p>", text="100 %")
    marked = Campaign(subject="Hello", html="<p>{{name}} %recipient.x%</p>", text="")
    for name in ("mailgun", "mailjet"):
        assert PROVIDERS[name].batch_size_for(plain) == PROVIDERS[name].batch_size
        assert PROVIDERS[name].batch_size_for(marked) == 1


def test_complete_mails_share_a_call_as_far_as_its_size_allows() -> None:
    short = Campaign(subject="Hello", html="x" * 10_000, text="x" * 3_000)
    long = Campaign(subject="Hello", html="ш" * 10_000, text="ш" * 3_000)
    assert PROVIDERS["brevo"].batch_size_for(short) == 4_000_000 // 15_005
    assert PROVIDERS["brevo"].batch_size_for(long) == 4_000_000 // 80_005
    assert PROVIDERS["resend"].batch_size_for(long) == 100


@pytest.mark.parametrize(
    ("limit", "size"), [(None, 1000), ("10", 10), (1, 1), ("ten", 1000), ("0", 1000)]
)
def test_an_account_that_may_send_less_says_so(settings: object, limit: object, size: int) -> None:
    settings.ANYMAIL = {"BATCH_SIZE": limit}
    assert PROVIDERS["mailgun"].batch_size_for(Campaign()) == size


@pytest.mark.parametrize(
    ("backend", "title"),
    [
        ("anymail.backends.mailgun.EmailBackend", "Mailgun"),
        ("newsletter.backends.resend.EmailBackend", "Resend"),
        ("newsletter.smtp.EmailBackend", None),
        ("careersite.outbox.EmailBackend", None),
        ("elsewhere.mailgun.EmailBackend", None),
    ],
)
def test_the_provider_is_known_by_the_mail_backend(
    settings: object, backend: str, title: str | None
) -> None:
    settings.EMAIL_BACKEND = backend
    found = providers.current()
    assert (found and found.title) == title


def test_each_has_a_backend_and_those_with_complete_mails_have_ours() -> None:
    for name, can in PROVIDERS.items():
        package, _, class_name = providers.backend_of(name).rpartition(".")
        assert package.startswith("newsletter" if can.is_whole else "anymail")
        assert find_spec(package)
        assert class_name == "EmailBackend"
        if can.is_whole:
            assert issubclass(import_string(f"{package}.EmailBackend"), BaseEmailBackend)
