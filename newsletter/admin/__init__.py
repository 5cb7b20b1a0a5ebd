from newsletter.admin.batch import BatchAdmin
from newsletter.admin.campaign import CampaignAdmin
from newsletter.admin.delivery import DeliveryAdmin
from newsletter.admin.letter import LetterAdmin
from newsletter.admin.routine import RoutineAdmin
from newsletter.admin.sending_limit import SendingLimitAdmin
from newsletter.admin.subscriber import SubscriberAdmin
from newsletter.admin.suppression import SuppressionAdmin
from newsletter.admin.webhook_event import WebhookEventAdmin

__all__ = [
    "BatchAdmin",
    "CampaignAdmin",
    "DeliveryAdmin",
    "LetterAdmin",
    "RoutineAdmin",
    "SendingLimitAdmin",
    "SubscriberAdmin",
    "SuppressionAdmin",
    "WebhookEventAdmin",
]
