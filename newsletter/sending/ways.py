"""Which way a campaign's mails take to the wire."""

from newsletter.models import Campaign
from newsletter.sending.one_each import OneEach
from newsletter.sending.way import Way


def way_for(campaign: Campaign) -> Way:
    return OneEach(campaign)
