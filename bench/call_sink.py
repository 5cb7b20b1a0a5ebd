"""A provider like Mailgun that takes every call at once and counts; a process of its own.

GET /count answers with what has come so far as JSON, GET /reset begins anew, and GET /keep/<path>
keeps the next call's body in that file.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

RECIPIENT = re.compile(rb"(?:^|&)to=([^&]*)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
QUEUED = json.dumps({"id": "<their-id@example.org>", "message": "Queued. Thank you."}).encode()


class Tally:
    def __init__(self) -> None:
        self.sample: Path | None = None
        self.reset()

    def reset(self) -> None:
        self.mails = self.bytes = 0
        self.first = self.last = 0.0
        self.recipients: set[bytes] = set()

    def count(self, body: bytes) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        found = RECIPIENT.findall(body)
        self.mails += len(found)
        self.recipients.update(found)
        self.bytes += len(body)
        if self.sample:
            self.sample.write_bytes(body)
            self.sample = None

    def as_json(self) -> bytes:
        counted = {"mails": self.mails, "recipients": len(self.recipients), "bytes": self.bytes}
        return json.dumps({**counted, "first_at": self.first, "last_at": self.last}).encode()


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


async def serve(port_file: Path) -> None:
    tally = Tally()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(tally), "127.0.0.1", 0)
    written = port_file.with_suffix(".part")
    written.write_text(str(server.sockets[0].getsockname()[1]))
    written.rename(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
