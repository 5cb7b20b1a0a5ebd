from newsletter.models.address_change import AddressChange
from newsletter.models.batch import Batch
from newsletter.models.campaign import Campaign
from newsletter.models.consent import ConsentEvent
from newsletter.models.delivery import Delivery
from newsletter.models.digest import Digest
from newsletter.models.digest_share import DigestShare
from newsletter.models.letter import Letter
from newsletter.models.link import Link, LinkDay
from newsletter.models.list_import import ListImport
from newsletter.models.mark import Mark, Step
from newsletter.models.personal_mail import PersonalMail
from newsletter.models.preferences import Preferences
from newsletter.models.pulse import Pulse
from newsletter.models.rate import SendingLimit
from newsletter.models.routine import Routine
from newsletter.models.sender_record import SenderRecord
from newsletter.models.subscriber import Subscriber
from newsletter.models.suppression import Suppression
from newsletter.models.suppression_key import SuppressionKey
from newsletter.models.tally import Tally
from newsletter.models.webhook_event import WebhookEvent

__all__ = [
    "AddressChange",
    "Batch",
    "Campaign",
    "ConsentEvent",
    "Delivery",
    "Digest",
    "DigestShare",
    "Letter",
    "Link",
    "LinkDay",
    "ListImport",
    "Mark",
    "PersonalMail",
    "Preferences",
    "Pulse",
    "Routine",
    "SenderRecord",
    "SendingLimit",
    "Step",
    "Subscriber",
    "Suppression",
    "SuppressionKey",
    "Tally",
    "WebhookEvent",
]
