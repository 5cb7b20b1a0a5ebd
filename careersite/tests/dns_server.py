"""A name server of our own on this machine, to answer what a test wants answered."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class Answers(socketserver.BaseRequestHandler):
    """TXT records by name; the root’s NS; NXDOMAIN for the rest, SERVFAIL for what is broken."""

    def handle(self) -> None:
        packet, socket = self.request
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self.server.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name == ".":
            answer.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root.example."))
        elif name in self.server.records:
            texts = [quoted(text) for text in self.server.records[name]]
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *texts))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


def quoted(text: str) -> str:
    """In strings of at most 255 bytes, as long keys are written."""
    return " ".join(f'"{text[start : start + 250]}"' for start in range(0, len(text), 250))


class NameServer(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.records: dict[str, list[str]] = {}
        self.broken: set[str] = set()

    def resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.server_address[1]
        return resolver


@contextmanager
def running_name_server() -> Iterator[NameServer]:
    with NameServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
