"""A mail server that takes everything at once and counts it; a process of its own.

`XCOUNT` answers with what has come so far as JSON, `XSAMPLE` keeps the next mail in the file
named behind it, `XRESET` begins to count anew.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

END_OF_CONTENT = b"\r\n.\r\n"


class Tally:
    def __init__(self) -> None:
        self.sample: Path | None = None
        self.reset()

    def reset(self) -> None:
        self.mails = self.bytes = 0
        self.first = self.last = 0.0
        self.recipients: set[bytes] = set()

    def count(self, content: bytes) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.mails += 1
        self.bytes += len(content)
        if self.sample:
            self.sample.write_bytes(content)
            self.sample = None

    def as_json(self) -> bytes:
        counted = {"mails": self.mails, "recipients": len(self.recipients), "bytes": self.bytes}
        return json.dumps({**counted, "first_at": self.first, "last_at": self.last}).encode()


class Conversation(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.pending = bytearray()
        self.is_content = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while self.take_content() if self.is_content else self.take_line():
            pass

    def take_content(self) -> bool:
        end = self.pending.find(END_OF_CONTENT)
        if end < 0:
            return False
        self.tally.count(bytes(self.pending[: end + 2]))
        del self.pending[: end + len(END_OF_CONTENT)]
        self.is_content = False
        self.transport.write(b"250 taken\r\n")
        return True

    def take_line(self) -> bool:
        end = self.pending.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.pending[:end])
        del self.pending[: end + 2]
        self.transport.write(self.answer(*line.partition(b" ")[::2]) + b"\r\n")
        return True

    def answer(self, verb: bytes, rest: bytes) -> bytes:
        match verb.upper():
            case b"EHLO":
                return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME"  # as every server of note
            case b"DATA":
                self.is_content = True
                return b"354 go on"
            case b"RCPT":
                self.tally.recipients.add(rest)
            case b"QUIT":
                asyncio.get_running_loop().call_soon(self.transport.close)
                return b"221 bye"
            case b"XCOUNT":
                return b"250 " + self.tally.as_json()
            case b"XSAMPLE":
                self.tally.sample = Path(rest.decode())
            case b"XRESET":
                self.tally.reset()
        return b"250 ok"


async def serve(port_file: Path, conversation: Callable[[Tally], object], tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: conversation(tally), "127.0.0.1", 0)
    written = port_file.with_suffix(".part")
    written.write_text(str(server.sockets[0].getsockname()[1]))
    written.rename(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Conversation, Tally()))
