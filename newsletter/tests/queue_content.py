"""What lies in the queue, whatever broker this is."""

from queue import Empty

from celery import current_app
from kombu.message import Message

from blog.nudges import messenger

QUEUES = ("mail", "campaigns", "default")


def take_messages() -> dict[str, list[Message]]:
    """All that waits, by queue. The queues are empty afterwards."""
    messenger.waiting.join()
    with current_app.connection_for_read() as connection:
        return {name: take_all(connection.SimpleQueue(name)) for name in QUEUES}


def take_all(queue: object) -> list[Message]:
    taken = []
    while True:
        try:
            taken.append(queue.get(block=False))
        except Empty:
            queue.close()
            return taken
        taken[-1].ack()


def names(messages: list[Message]) -> list[str]:
    return [message.headers["task"].rpartition(".")[2] for message in messages]
