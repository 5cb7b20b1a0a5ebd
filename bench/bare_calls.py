"""The yardstick: `requests` posting one ready call of many mails again and again.

It begins at a moment given by the clock, so that several of them begin together.
"""

import sys
import time
from pathlib import Path

import requests


def main(url: str, body_file: str, count: str, starts_at: str) -> None:
    body = Path(body_file).read_bytes()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with requests.Session() as session:
        time.sleep(max(0.0, float(starts_at) - time.time()))
        for _ in range(int(count)):
            session.post(url, data=body, headers=headers, auth=("api", "key")).raise_for_status()


if __name__ == "__main__":
    main(*sys.argv[1:])
