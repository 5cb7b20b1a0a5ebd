import json

from anymail.backends import resend
from anymail.exceptions import AnymailRequestsAPIError
from django.core.mail import EmailMessage


class Payload(resend.ResendPayload):
    def get_request_params(self, api_url: str) -> dict[str, object]:
        params = super().get_request_params(api_url)
        if key := getattr(self.message, "idempotency_key", ""):
            params["headers"] = {**params["headers"], "Idempotency-Key": key}
        return params

    def serialize_data(self) -> str:
        copies = getattr(self.message, "copies", None)
        written = super().serialize_data()
        if not copies:
            return written
        mails = json.loads(written)
        for mail, reader in zip(mails, self.to_recipients, strict=True):
            mail["text"], mail["html"] = copies[reader.addr_spec]
        return self.serialize_json(mails)


class EmailBackend(resend.EmailBackend):
    def build_message_payload(self, message: EmailMessage, defaults: dict) -> Payload:
        return Payload(message, defaults, self)

    def parse_recipient_status(
        self, response: object, payload: Payload, message: EmailMessage
    ) -> dict[str, object]:
        """As many identities as mails, or we do not know which mail is which."""
        statuses = super().parse_recipient_status(response, payload, message)
        if not all(status.message_id for status in statuses.values()):
            raise AnymailRequestsAPIError(
                "Resend does not name each mail",
                email_message=message,
                payload=payload,
                response=response,
                backend=self,
            )
        return statuses
