"""All addresses of the site (the contract lists them)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from careersite import health, media, outbox, person_page, your_data

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("media/<path:name>", media.picture, name="media"),
    path("anymail/", include("newsletter.webhooks")),
    path("admin/person/", admin.site.admin_view(person_page.person), name="person"),
    path("admin/", admin.site.urls),
    path("newsletter/your-data/<str:token>/", your_data.your_data, name="your_data"),
    path("newsletter/", include("newsletter.urls")),
    path("", include("enquiries.urls")),
    path("", include("blog.urls")),
]
if settings.DEBUG:
    urlpatterns = [
        path("outbox/", outbox.inbox, name="outbox"),
        path("outbox/<str:name>/", outbox.message, name="outbox_message"),
        *urlpatterns,
    ]

handler404 = "blog.views.errors.not_found"
handler500 = "careersite.health.broken"
