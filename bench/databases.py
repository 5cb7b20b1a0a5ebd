"""SQLite with the filesystem broker, or a PostgreSQL and a Redis of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.processes import cpu_s_of, family
from bench.programs import missing
from careersite.leash import Leash
from careersite.tests.private_servers import private_postgres, private_redis, temporary_folder

NAMES = ("sqlite", "postgresql")
# Not the tests' short cuts: what is committed here survives a loss of power, as in production.
LASTING = ("listen_addresses=", "max_connections=50")


@dataclass(frozen=True)
class Database:
    title: str
    environment: dict[str, str] = field(default_factory=dict)
    server: int | None = None  # its process

    def cpu_s(self) -> float:
        """What the server has used so far; SQLite works inside those who ask it."""
        return sum(map(cpu_s_of, family(self.server))) if self.server else 0.0


@contextmanager
def database(name: str, leash: Leash) -> Iterator[Database | None]:
    """None, and a line that says why, where the programs are missing."""
    if name == "sqlite":
        yield Database("SQLite, filesystem broker")
    elif lacking := missing("postgres", "redis-server"):
        print(f"\nLeft out: PostgreSQL with Redis ({', '.join(lacking)} missing).")
        yield None
    else:
        with (
            temporary_folder() as folder,
            private_postgres(folder, leash, LASTING) as database_url,
            private_redis(folder, leash) as redis_url,
        ):
            server = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
            yield Database("PostgreSQL, Redis", environment, server)
