"""The connection to whoever takes our mails: opened for the first one, and kept."""

import logging

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from newsletter.outcomes import Outcome, of_no_connection

logger = logging.getLogger(__name__)


class Line:
    connection: BaseEmailBackend | None = None

    def connect(self) -> Outcome | None:
        """Nothing if it is open."""
        try:
            self.connection = self.connection or get_connection()
            self.connection.open()
        except Exception as error:
            return of_no_connection(error)
        return None

    def close(self) -> None:
        """Never raises."""
        try:
            if self.connection:
                self.connection.close()
        except Exception as error:
            logger.info("The mail connection closed badly: %s", error)
