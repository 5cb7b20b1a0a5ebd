"""The life of a delivery, as the design draws it."""

from django.db import models


class State(models.TextChoices):
    QUEUED = "queued", "waiting"
    CLAIMED = "claimed", "taken by a worker"
    SUBMITTING = "submitting", "being handed over"
    ACCEPTED = "accepted", "sent"
    DELIVERED = "delivered", "delivered"
    BOUNCED = "bounced", "came back"
    COMPLAINED = "complained", "reported as spam"
    SKIPPED = "skipped", "not sent, on purpose"
    REJECTED = "rejected", "refused by the provider"
    FAILED = "failed", "failed"
    IN_DOUBT = "in_doubt", "in doubt"


WAITING_STATES = (State.QUEUED, State.CLAIMED)
OPEN_STATES = (*WAITING_STATES, State.SUBMITTING)
# The other side has it, whatever became of it then.
TAKEN_STATES = (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED)
# Tried for good: by these one can tell how a campaign fares.
JUDGED_STATES = (*TAKEN_STATES, State.REJECTED, State.FAILED)
