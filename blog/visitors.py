"""Who is at the other end, as far as we need to know: a network, never a person."""

import hashlib
import hmac
import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

OWN_SITES = {"same-origin", "none"}


def client_ip(request: HttpRequest) -> str:
    """The address of the client, as told by the outermost of the configured proxies.

    With `TRUSTED_PROXIES` = 0 the header `X-Forwarded-For` is not believed at all.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(hops) >= proxies and hops[-proxies]:
        return hops[-proxies]
    return request.META.get("REMOTE_ADDR", "")


def client_network(request: HttpRequest) -> str:
    """The /32 of an IPv4 client and the /64 of an IPv6 one: what one household has."""
    try:
        address = ipaddress.ip_address(client_ip(request).split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def keyed_hash(value: str, purpose: str, secret: str = "") -> str:
    """43 characters from which nobody without our key can learn or test `value`."""
    key = f"careersite:{purpose}:{secret or settings.SECRET_KEY}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:43]


def is_from_elsewhere(request: HttpRequest) -> bool:
    """True when a browser says that another site sent this form.

    Fetch Metadata (W3C) where the browser has it, Origin (RFC 6454) otherwise. A client that
    says nothing is not a browser with somebody's session, and these forms know no session.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in OWN_SITES
    origin = request.headers.get("Origin")
    own_hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    return bool(origin) and origin.partition("://")[2] not in own_hosts
