"""Which way a campaign's mails take to the wire."""

from django.conf import settings

from newsletter import providers
from newsletter.models import Campaign
from newsletter.sending.batches import Batches
from newsletter.sending.one_each import OneEach
from newsletter.sending.way import Way
from newsletter.sending.wires import BackendWire, SmtpWire


def way_for(campaign: Campaign) -> Way:
    """In batches where the provider can, and by calls with a key where it keeps keys."""
    provider = providers.current()
    if provider and (provider.batch_size_for(campaign) > 1 or provider.repeats_within):
        return Batches(campaign, provider)
    is_smtp = settings.EMAIL_BACKEND == "newsletter.smtp.EmailBackend"
    return OneEach(campaign, SmtpWire(campaign) if is_smtp else BackendWire(campaign))
