"""The queue in a folder, with several processes at it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection
from kombu.exceptions import ChannelError

from careersite.celery import app
from careersite.queue_folder import Channel, Transport, take

WRITER = """
import sys
from careersite.tests.test_queue_folder import channel_in
channel = channel_in(sys.argv[1])
for number in range(300):
    channel._put("mail", {"number": number})
"""


def channel_in(folder: str | Path) -> Channel:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    return Connection("filesystem://", transport=Transport, transport_options=options).channel()


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    yield channel_in(tmp_path)


def test_messages_come_out_whole_in_order_and_leave_nothing_behind(
    channel: Channel, tmp_path: Path
) -> None:
    for number in range(3):
        channel._put("mail", {"number": number})
    channel._put("campaigns", {"number": 9})
    assert (channel._size("mail"), channel._size("campaigns")) == (3, 1)
    assert [channel._get("mail")["number"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("mail")
    assert channel._get("campaigns") == {"number": 9}
    assert os.listdir(tmp_path) == []


def test_a_message_that_is_being_written_is_not_there_yet(channel: Channel, tmp_path: Path) -> None:
    (tmp_path / "1_x.mail.part").write_text("{")
    with pytest.raises(Empty):
        channel._get("mail")
    assert channel._size("mail") == 0


def test_of_two_workers_one_gets_it(tmp_path: Path) -> None:
    message = tmp_path / "1_x.mail.msg"
    message.write_text("{}")
    assert take(message) == "{}"
    assert take(message) == ""


def test_readers_and_writers_in_several_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    """Kombu's own transport fails here: it reads messages that are not written yet."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=settings.BASE_DIR)
        for _ in range(2)
    ]
    channel, numbers = channel_in(tmp_path), []
    while any(writer.poll() is None for writer in writers) or channel._size("mail"):
        try:
            numbers.append(channel._get("mail")["number"])
        except Empty:
            continue
    assert sorted(numbers) == sorted([*range(300), *range(300)])


def test_a_folder_that_is_full_or_away_is_an_error_of_the_broker(tmp_path: Path) -> None:
    with pytest.raises(ChannelError):
        channel_in(tmp_path / "none")._put("mail", {})


@pytest.mark.skipif(
    not settings.CELERY_BROKER_URL.startswith("filesystem:"), reason="the broker is another one"
)
def test_without_redis_this_is_what_celery_uses() -> None:
    with app.connection_for_write() as connection:
        assert isinstance(connection.channel(), Channel)
