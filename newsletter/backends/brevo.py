from anymail.backends import brevo
from django.core.mail import EmailMessage


class Payload(brevo.BrevoPayload):
    def serialize_data(self) -> str:
        if key := getattr(self.message, "idempotency_key", ""):
            self.data["headers"]["idempotencyKey"] = key
        return super().serialize_data()

    def serialize_json(self, data: object) -> str:
        """Also called for the metadata of each reader, which has no versions."""
        copies = getattr(self.message, "copies", None)
        if copies and data is self.data:
            for version, reader in zip(data["messageVersions"], self.to_recipients, strict=True):
                version["textContent"], version["htmlContent"] = copies[reader.addr_spec]
        return super().serialize_json(data)


class EmailBackend(brevo.EmailBackend):
    def build_message_payload(self, message: EmailMessage, defaults: dict) -> Payload:
        return Payload(message, defaults, self)
