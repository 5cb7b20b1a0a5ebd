"""What a provider's own word proves of a delivery, whenever it comes and in whatever order."""

from datetime import datetime
from typing import Self

from django.db import models

from newsletter.addresses import address_key
from newsletter.states import State
from newsletter.tags import delivery_id_of

# Each word outweighs what stands in its line; so the order in which they come does not matter.
OUTWEIGHS = {
    State.ACCEPTED: (),
    State.REJECTED: (State.ACCEPTED,),
    State.DELIVERED: (State.ACCEPTED,),
    State.BOUNCED: (State.ACCEPTED, State.DELIVERED),
    State.COMPLAINED: (State.ACCEPTED, State.DELIVERED, State.BOUNCED),
}
KNOWN = tuple(OUTWEIGHS)


class ProofQuerySet(models.QuerySet):
    def meant_by(self, *, tag: str = "", provider_id: str = "", address: str = "") -> Self:
        """The one delivery that an event is about: by our tag, or else by the provider's id.

        One id may stand for a whole batch, so it counts together with the address only.
        """
        if (number := delivery_id_of(tag)) is not None:
            return self.filter(pk=number)
        if not (provider_id and address):
            return self.none()
        return self.filter(provider_id=provider_id, address_key=address_key(address))

    def settle_by_event(self, state: State, now: datetime, reason: str = "") -> int:
        """An event proves what became of these: a doubt is over, and nothing is sent again.

        `state` is one of accepted (any sign that the provider has it), rejected, delivered,
        bounced, complained. Even a mail that waits for another try is not sent any more: its first
        copy has arrived. Returns how many changed; a repeated or outweighed event changes nothing.

            Delivery.objects.meant_by(tag=…).settle_by_event(State.DELIVERED, now)
        """
        unproved = [other for other in State if other not in KNOWN]
        open_to_it = self.filter(state__in=[*unproved, *OUTWEIGHS[state]])
        return open_to_it.update(
            state=state, reason=reason[:300], claim_token=None, lease_until=None, settled_at=now
        )
