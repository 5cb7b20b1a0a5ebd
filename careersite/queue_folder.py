"""The queue in a folder: kombu's filesystem transport, for more than one process at a time.

Kombu's own shows a message before it is written, and takes one by way of the system's temporary
folder. A worker that looks in between reads half a message and ends; on two file systems two
workers can take the same one. Here a message appears whole, is taken by one rename, and nothing
leaves the folder or stays behind in it.
"""

import time
import uuid
from pathlib import Path
from queue import Empty

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    @property
    def folder(self) -> Path:
        return Path(self.data_folder_in)

    def _put(self, queue: str, payload: dict, **_: object) -> None:
        """The oldest name sorts first, after a restart of the machine too."""
        path = self.folder / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_text(dumps(payload))
            unfinished.rename(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise ChannelError(f"The message could not be written: {error}") from error

    def _get(self, queue: str) -> dict:
        for path in sorted(self.folder.iterdir()):
            if path.name.partition(".")[2] == f"{queue}.msg" and (taken := take(path)):
                return loads(taken)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(path.name.partition(".")[2] == f"{queue}.msg" for path in self.folder.iterdir())


def take(path: Path) -> str:
    """What is in the message; nothing if another worker was faster."""
    mine = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        path.rename(mine)
    except FileNotFoundError:
        return ""
    content = mine.read_text()
    mine.unlink()
    return content


class Transport(filesystem.Transport):
    Channel = Channel
