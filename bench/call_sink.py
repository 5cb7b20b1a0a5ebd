"""A provider like Mailgun that takes every call at once and counts; a process of its own.

GET /count answers with what has come so far as JSON, GET /reset begins anew, and GET /keep/<path>
keeps the next call's body in that file.
"""

import asyncio
import json
import re
import sys
from pathlib import Path

from bench.smtp_sink import Tally, serve

RECIPIENT = re.compile(rb"(?:^|&)to=([^&]*)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
QUEUED = json.dumps({"id": "<their-id@example.org>", "message": "Queued. Thank you."}).encode()


class CallTally(Tally):
    def count(self, content: bytes) -> None:
        """A call with as many mails as it names recipients."""
        super().count(content)
        found = RECIPIENT.findall(content)
        self.mails += len(found) - 1
        self.recipients.update(found)


class Conversation(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.pending = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while self.take_call():
            pass

    def take_call(self) -> bool:
        end = self.pending.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.pending[:end])
        length = LENGTH.search(head)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self.pending) < whole:
            return False
        body = bytes(self.pending[end + 4 : whole])
        del self.pending[:whole]
        answer = self.answer(head.split(b" ", 2)[1].decode(), body)
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(start % len(answer) + answer)
        return True

    def answer(self, path: str, body: bytes) -> bytes:
        match path.split("/", 2)[1:]:
            case ["count"]:
                return self.tally.as_json()
            case ["reset"]:
                self.tally.reset()
            case ["keep", where]:
                self.tally.sample = Path("/" + where)
            case _:
                self.tally.count(body)
        return QUEUED


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Conversation, CallTally()))
