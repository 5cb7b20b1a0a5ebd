"""`make run`: prepares the data, then keeps web server and worker alive until told to stop."""

import errno
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException

from django.conf import settings

from careersite.environment import value
from careersite.supervisor import Child, KeepsDying, Supervisor, say
from careersite.value_shapes import is_port

HOST = "127.0.0.1"
WEB_GRACE_S = 10
WORKER_GRACE_S = 35  # CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT and a little
WEB_DEADLINE_S = 60
WORKER_ENVIRONMENT = {
    # At TERM running tasks get CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, not all the time they want.
    "REMAP_SIGTERM": "SIGQUIT",
    # Celery's reason is pickled messages; ours are JSON.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


class CannotStart(Exception):
    """Its text is for the person who started the site."""


def main() -> int:
    try:
        check_port_is_free()
        return serve(Supervisor())
    except (CannotStart, KeepsDying) as error:
        say(str(error))
        return 1


def check_port_is_free() -> None:
    if not is_port(value("PORT") or str(settings.PORT)):
        return  # no port at all: the preparation says so, with all else that is wrong
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, settings.PORT))
        except OSError as error:
            raise CannotStart(explain_port(error)) from error


def explain_port(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        reason = "is taken by another program"
    else:
        reason = f"cannot be used ({error.strerror})"
    return f"Port {settings.PORT} {reason}. Choose another one: PORT={settings.PORT + 1} make run"


def serve(supervisor: Supervisor) -> int:
    say(f"Preparing the data under {settings.DATA_DIR} …")
    if exit_code := supervisor.run_to_end(prepare()):
        return 0 if supervisor.stop_asked else exit_code
    if not supervisor.stop_asked:
        supervisor.keep_alive([web(), worker(), mailer()], at_each_turn=Greeting())
    return 0


def prepare() -> Child:
    return Child("preparation", [sys.executable, "manage.py", "prepare"], grace_s=WEB_GRACE_S)


def web() -> Child:
    command = [
        *(sys.executable, "-m", "granian", "careersite.wsgi:application"),
        *("--interface", "wsgi", "--host", HOST, "--port", str(settings.PORT)),
        *("--workers", "1", "--blocking-threads", "8", "--workers-kill-timeout", "5"),
        *("--log-level", "error"),
    ]
    return Child("web server", command, WEB_GRACE_S)


def worker(*, beat: bool = True) -> Child:
    """Sends campaigns and does what is due."""
    options = ["--queues", "campaigns,default", "--concurrency", "2"]
    if beat:
        options += ["--beat", "--schedule", str(settings.DATA_DIR / "queue" / "beat-schedule")]
    return celery_worker("worker", options)


def mailer() -> Child:
    """For confirmations and answers alone: they wait for no campaign, however slow."""
    options = ["--queues", "mail", "--concurrency", "1", "--hostname", "mail@%h"]
    return celery_worker("worker for single mails", options)


def celery_worker(name: str, options: list[str]) -> Child:
    command = [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "careersite", "worker"),
        *("--loglevel", "warning", "--without-gossip", "--without-mingle", *options),
    ]
    return Child(name, command, WORKER_GRACE_S, WORKER_ENVIRONMENT, is_farewell)


def is_farewell(line: str) -> bool:
    """Celery's advice at its end ("worker: Hitting Ctrl+C again …") is not true under us."""
    return not line.strip() or line.startswith("worker: ")


class Greeting:
    """Says where the site is, once it answers, or that it is late."""

    def __init__(self) -> None:
        self.late_at = time.monotonic() + WEB_DEADLINE_S
        self.is_said = False

    def __call__(self) -> None:
        if self.is_said:
            return
        if web_answers():
            self.is_said = True
            say(welcome())
        elif time.monotonic() > self.late_at:
            self.is_said = True
            say(f"The web server has not answered for {WEB_DEADLINE_S} s. It goes on trying.")


def web_answers() -> bool:
    connection = HTTPConnection(HOST, settings.PORT, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def welcome() -> str:
    return "\n".join(
        (
            f"careersite runs at {settings.SITE_URL}/",
            f"  write    {settings.SITE_URL}/admin/",
            f"  mails    {where_mails_go()}",
            "  stop     Ctrl-C",
        )
    )


def where_mails_go() -> str:
    if settings.EMAIL_BACKEND != "careersite.outbox.EmailBackend":
        return "are sent for real"
    if not settings.DEBUG:
        return f"are files in {settings.OUTBOX_DIR}"
    return f"{settings.SITE_URL}/outbox/"


if __name__ == "__main__":
    sys.exit(main())
