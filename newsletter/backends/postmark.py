from anymail.backends import postmark
from anymail.exceptions import AnymailRequestsAPIError
from anymail.message import AnymailRecipientStatus
from django.core.mail import EmailMessage

ACCEPTED, INVALID, INACTIVE = 0, 300, 406


class Payload(postmark.PostmarkPayload):
    def data_for_recipient(self, to: object) -> dict[str, object]:
        data = super().data_for_recipient(to)
        if copies := getattr(self.message, "copies", None):
            data["TextBody"], data["HtmlBody"] = copies[to.addr_spec]
        return data


class EmailBackend(postmark.EmailBackend):
    def build_message_payload(self, message: EmailMessage, defaults: dict) -> Payload:
        return Payload(message, defaults, self)

    def parse_recipient_status(
        self, response: object, payload: Payload, message: EmailMessage
    ) -> dict[str, object]:
        """A batch is answered mail by mail, in their order: one refusal says nothing of the others.

        anymail would raise at the first unusual one, and others are on their way by then.
        """
        if not payload.is_batch():
            return super().parse_recipient_status(response, payload, message)
        answers = self.deserialize_json_response(response, payload, message)
        try:
            return {
                reader.addr_spec: _status(answer)
                for reader, answer in zip(payload.to_emails, answers, strict=True)
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # one for all, or odd
            raise AnymailRequestsAPIError(
                "Postmark does not answer for each mail",
                email_message=message,
                payload=payload,
                response=response,
                backend=self,
            ) from error


def _status(answer: dict[str, object]) -> AnymailRecipientStatus:
    code = answer.get("ErrorCode", ACCEPTED)
    if code == ACCEPTED:
        return AnymailRecipientStatus(answer["MessageID"], "sent")
    words = {INVALID: "invalid", INACTIVE: "rejected"}
    return AnymailRecipientStatus(None, words.get(code, "failed"))
