"""What the web server loads: Django behind the page cache."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careersite.settings")

django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402  (settings exist once Django is set up)

from careersite.checks import refuse_unsafe_start  # noqa: E402
from careersite.page_cache import PageCache  # noqa: E402

refuse_unsafe_start()
application = PageCache(
    django_application,
    trust_front=settings.TRUSTED_PROXIES > 0,
    bypass_cookies=(settings.SESSION_COOKIE_NAME,),
)

# What is loaded stays. Python's collector need not walk through it again and again: that would
# hold up some request for a tenth of a second each time.
gc.collect()
gc.freeze()
