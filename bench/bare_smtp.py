"""The yardstick: Python's own SMTP client, sending the same ready bytes to one after the other.

It begins at a moment given by the clock, so that several of them begin together.
"""

import smtplib
import sys
import time
from pathlib import Path


def main(port: str, mail_file: str, first: str, count: str, starts_at: str) -> None:
    mail = Path(mail_file).read_bytes()
    with smtplib.SMTP("127.0.0.1", int(port)) as connection:
        connection.ehlo()
        time.sleep(max(0.0, float(starts_at) - time.time()))
        for n in range(int(first), int(first) + int(count)):
            connection.sendmail("news@careersite.example", [f"reader{n}@example.com"], mail)


if __name__ == "__main__":
    main(*sys.argv[1:])
