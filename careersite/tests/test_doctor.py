"""`manage.py doctor`: a line for each thing, what to do about it, and an exit code that tells."""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import dns.resolver
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from careersite import health, tasks
from careersite.doctoring import machine, mail
from careersite.doctoring.records import CannotLookUp, are_aligned, ask_the_world
from careersite.supervisor import ROOT
from careersite.tests.dns_server import NameServer, running_name_server
from newsletter.models import Delivery, Pulse, SenderRecord
from newsletter.signing import read_key
from newsletter.tests.factories import make_mailing

pytestmark = pytest.mark.django_db

KEYS = ROOT / "newsletter" / "tests" / "dkim"
DOMAIN = "openseat.example.org"
GOOD = {
    DOMAIN: ["other=1", "v=spf1 include:provider.example -all"],
    f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; rua=mailto:dmarc@openseat.example.org"],
    f"key1._domainkey.{DOMAIN}": ["v=DKIM1; k=rsa; p=MIIB"],
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """The world’s DNS, as far as this test goes."""
    with running_name_server() as server:
        server.records = dict(GOOD)
        resolver = server.resolver()
        monkeypatch.setattr(dns.resolver, "Resolver", lambda: resolver)
        yield server


@pytest.fixture(autouse=True)
def a_site_that_sends(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG, settings.EMAIL_BACKEND = True, "newsletter.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = f"Open Seat <news@{DOMAIN}>"
    settings.SITE_URL, settings.SITE_HOST = f"https://{DOMAIN}", DOMAIN
    settings.DKIM_DOMAIN, settings.DKIM_SELECTOR = DOMAIN, ""
    settings.DKIM_PRIVATE_KEY_FILE = ""
    Pulse.beat("sweep", timezone.now())
    monkeypatch.setattr(machine, "workers", lambda: ["celery@one"])


def run(selector: str = "key1") -> tuple[int, dict[str, str]]:
    """The exit code, and each thing with its tone and words."""
    out, code = StringIO(), 0
    try:
        call_command("doctor", stdout=out, no_color=True, dkim_selector=selector)
    except CommandError as error:
        code = error.returncode
    lines = re.findall(r"^(ok|warn|fail) +(.{12}) (.*(?:\n +→ .*)?)$", out.getvalue(), re.MULTILINE)
    return code, {name.strip(): f"{tone} {words}" for tone, name, words in lines}


def test_all_is_well(names: NameServer) -> None:
    code, said = run()
    assert {name: words.split()[0] for name, words in said.items()} == dict.fromkeys(
        (
            *("settings", "database", "migrations", "broker", "sweep", "workers", "oldest mail"),
            *("disk", "folders", "time zone", "mail", "sender", "SPF", "DKIM", "DMARC"),
        ),
        "ok",
    )
    assert code == 0


# --- The machine --------------------------------------------------------------------------


def test_a_database_that_is_away_is_one_line_and_the_rest_is_still_looked_at(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: object) -> None:
        raise OperationalError("no route to user:secret@host")

    monkeypatch.setattr(health, "database", away)
    code, said = run()
    assert code == 1
    assert said["database"].startswith("fail does not answer: OperationalError")
    assert "secret" not in str(said)
    assert said["DMARC"].startswith("ok")


def test_a_sweep_that_stopped_and_a_mail_that_waits_are_failures(names: NameServer) -> None:
    Pulse.beat("sweep", timezone.now() - timedelta(minutes=5))
    make_mailing()
    Delivery.objects.update(queued_at=timezone.now() - timedelta(hours=1))
    code, said = run()
    assert code == 1
    assert said["sweep"].startswith("fail ran 300 s ago")
    assert "cron" in said["sweep"]
    assert said["oldest mail"].startswith("fail waiting for 36")


def test_no_worker_is_a_failure_only_where_nothing_sweeps(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "workers", list)
    assert run()[1]["workers"].startswith("warn none answered within 2 s, but something sweeps")
    Pulse.objects.all().delete()
    code, said = run()
    assert (code, said["workers"].split()[0]) == (1, "fail")


def test_a_disk_that_fills_up_and_a_folder_that_is_missing(
    names: NameServer, monkeypatch: pytest.MonkeyPatch, settings: object, tmp_path: Path
) -> None:
    for name in machine.FOLDERS:
        (tmp_path / name).mkdir(exist_ok=True)
    settings.DATA_DIR = tmp_path
    (tmp_path / "outbox").rmdir()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10**8))
    code, said = run()
    assert code == 1
    assert said["disk"].startswith("fail 0.1 GB free")
    assert said["folders"].startswith("fail cannot be written: outbox")
    assert os.listdir(tmp_path / "media") == []


# --- The sender's domain --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "records", "thing", "words"),
    [
        (DOMAIN, ["unrelated"], "SPF", f"fail {DOMAIN} has none"),
        (DOMAIN, ["v=spf1 -all", "v=spf1 ~all"], "SPF", f"fail {DOMAIN} has 2"),
        (DOMAIN, ["v=spf1 +all"], "SPF", "warn"),
        (f"_dmarc.{DOMAIN}", ["nothing"], "DMARC", f"fail {DOMAIN} has none"),
        (f"_dmarc.{DOMAIN}", ["v=DMARC1; p=none"], "DMARC", "warn is there"),
        (f"_dmarc.{DOMAIN}", ["v=DMARC1; p=maybe"], "DMARC", "fail its policy “maybe”"),
        (
            f"key1._domainkey.{DOMAIN}",
            ["v=DKIM1; p="],
            "DKIM",
            f"fail key1._domainkey.{DOMAIN} was",
        ),
        (f"key1._domainkey.{DOMAIN}", ["x"], "DKIM", f"fail key1._domainkey.{DOMAIN} has none"),
    ],
)
def test_each_record_is_looked_at(
    names: NameServer, name: str, records: list[str], thing: str, words: str
) -> None:
    names.records[name] = records
    code, said = run()
    assert said[thing].startswith(words)
    assert code == (1 if words.startswith("fail") else 0)


def test_the_policy_of_the_domain_above_counts(names: NameServer) -> None:
    del names.records[f"_dmarc.{DOMAIN}"]
    names.records["_dmarc.example.org"] = ["v=DMARC1; p=quarantine"]
    assert run()[1]["DMARC"] == "ok is there, with p=quarantine"


def test_what_cannot_be_looked_up_is_said_and_is_no_failure(names: NameServer) -> None:
    names.broken = {DOMAIN}
    code, said = run()
    assert (code, said["SPF"].split("(")[0]) == (0, "warn cannot look up ")
    assert said["DMARC"].startswith("ok")
    names.broken = {"."}  # no DNS of the world at all: nothing is said of any record
    code, said = run()
    assert code == 0
    assert said["DNS"].startswith("warn cannot look up")
    assert not {"SPF", "DKIM", "DMARC"} & set(said)


def test_without_any_resolver_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: object, **kwargs: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    with pytest.raises(CannotLookUp):
        ask_the_world()
    assert run()[0] == 0


def test_the_key_that_the_world_knows_must_be_the_other_half_of_ours(
    names: NameServer, settings: object, tmp_path: Path
) -> None:
    file = tmp_path / "dkim.pem"
    settings.DKIM_PRIVATE_KEY_FILE = str(file)
    file.write_bytes((KEYS / "key.pem").read_bytes())
    for key, tone in (("key.pem", "ok"), ("other.pem", "fail")):
        public = read_key((KEYS / key).read_bytes()).public_key()
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):  # RFC 6376, 3.6.1
            known = base64.b64encode(public.public_bytes(Encoding.DER, form)).decode()
            names.records[f"key1._domainkey.{DOMAIN}"] = [f"v=DKIM1; p={known}"]
            assert run()[1]["DKIM"].startswith(tone)
    file.write_text("no key")
    assert run()[1]["DKIM"].startswith("fail")


def test_another_selector_can_be_asked_for_and_none_is_said_so(
    names: NameServer, settings: object
) -> None:
    assert run("s2")[1]["DKIM"].startswith(f"fail s2._domainkey.{DOMAIN} has none")
    settings.DKIM_SELECTOR = "key1"
    assert run("")[1]["DKIM"].startswith("ok")
    settings.DKIM_SELECTOR = ""
    assert run("")[1]["DKIM"].startswith("warn no selector is set here")


def test_a_signature_of_another_domain_helps_nobody(names: NameServer, settings: object) -> None:
    settings.DKIM_DOMAIN = "provider.net"
    names.records["key1._domainkey.provider.net"] = ["p=MIIB"]
    lines = [
        f"{f.tone} {f.words}" for f in mail.domain_records(ask_the_world(), "key1", timezone.now())
    ]
    assert f"fail signs for provider.net, but mails come from {DOMAIN}" in lines


@pytest.mark.parametrize(
    ("sender", "signer", "policies", "is_aligned"),
    [
        ("news.site.org", "mail.site.org", {"site.org": ""}, True),
        ("site.org", "mail.site.org", {"site.org": ""}, True),
        ("site.org", "mail.site.org", {"site.org": "; adkim=s"}, False),
        ("a.github.io", "b.github.io", {"a.github.io": "", "b.github.io": ""}, False),
        ("a.github.io", "github.io", {"a.github.io": ""}, False),
        ("a.co.uk", "b.co.uk", {"a.co.uk": "", "co.uk": "; psd=y"}, False),
        ("x.a.co.uk", "a.co.uk", {"co.uk": "; psd=y"}, True),
        ("x.org", "y.x.org", {"x.org": "", "y.x.org": "; psd=n"}, False),
        ("x.org", "provider.net", {}, True),  # without a policy, which another line blames
    ],
)
def test_whether_a_signature_speaks_for_the_sender_is_asked_of_their_owners(
    sender: str, signer: str, policies: dict[str, str], is_aligned: bool
) -> None:
    records = {f"_dmarc.{name}": [f"v=DMARC1; p=none{more}"] for name, more in policies.items()}
    assert are_aligned(signer, sender, lambda name: records.get(name, [])) is is_aligned


def test_a_sender_that_does_not_go_with_the_site(names: NameServer, settings: object) -> None:
    settings.SITE_HOST = "elsewhere.example.net"
    settings.DEFAULT_FROM_EMAIL = f"noreply@{DOMAIN}"
    said = [f"{f.tone} {f.words}" for f in mail.sender()]
    assert said == [
        f"warn {DOMAIN} is not the domain of elsewhere.example.net",
        f"warn noreply@{DOMAIN} cannot be answered",
    ]


def test_where_no_mail_leaves_no_record_is_asked_for(settings: object) -> None:
    settings.EMAIL_BACKEND = "careersite.outbox.EmailBackend"
    code, said = run()
    assert code == 0
    assert said["mail"].startswith("warn no mail leaves")
    assert said["DNS"].startswith("ok not looked at")


def test_what_was_seen_is_kept_for_the_editors_and_what_could_not_be_looked_up_is_not(
    names: NameServer,
) -> None:
    names.records[DOMAIN] = ["unrelated"]
    run()
    names.broken = {DOMAIN}
    names.records[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=none"]
    run()
    kept = dict(SenderRecord.objects.values_list("name", "is_good"))
    assert kept == {"SPF": False, "DKIM": True, "DMARC": True}


def test_that_nothing_could_be_looked_up_is_kept_where_nothing_was_seen_before(
    names: NameServer,
) -> None:
    names.broken = {DOMAIN}
    run()
    spf = SenderRecord.objects.get(name="SPF")
    assert (spf.is_good, spf.words) == (False, "could not be looked up: NoNameservers")
    SenderRecord.objects.all().delete()
    names.broken = {"."}
    run()
    assert sorted(SenderRecord.objects.values_list("name", flat=True)) == ["DKIM", "DMARC", "SPF"]
    names.broken = set()
    run()
    assert all(SenderRecord.objects.values_list("is_good", flat=True))


def test_a_worker_looks_twice_a_day_so_that_no_page_has_to(
    names: NameServer, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DKIM_SELECTOR = "key1"
    now = timezone.now()
    for hours, asks in ((0, True), (1, False), (11, False), (13, True)):
        monkeypatch.setattr(tasks.timezone, "now", lambda at=now + timedelta(hours=hours): at)
        SenderRecord.objects.update(words="seen before")
        tasks.look_up_sender()
        assert SenderRecord.objects.filter(name="SPF").exclude(words="seen before").exists() is asks
    settings.EMAIL_BACKEND = "careersite.outbox.EmailBackend"
    Pulse.objects.all().delete()
    tasks.look_up_sender()
    assert Pulse.last(tasks.LOOKED_UP) is None


def test_reports_without_proof_are_a_failure(names: NameServer, settings: object) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x"}
    settings.ANYMAIL_ESP = "postmark"
    code, said = run()
    assert (code, said["webhooks"].split()[0]) == (1, "fail")
