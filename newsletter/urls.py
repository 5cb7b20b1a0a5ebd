from django.urls import path

from newsletter.views import go, link_request, links, preferences, sign_up, web_version

urlpatterns = [
    path("", sign_up.newsletter, name="newsletter"),
    path("subscribe/", sign_up.subscribe, name="newsletter_subscribe"),
    path("confirm/<str:token>/", links.confirm, name="newsletter_confirm"),
    path("not-me/<str:token>/", links.not_me, name="newsletter_not_me"),
    path("unsubscribe/<str:token>/", links.unsubscribe, name="newsletter_unsubscribe"),
    path("go/<str:key>/", go.go, name="newsletter_go"),
    path("link/", link_request.link_request, name="newsletter_link"),
    path("preferences/<str:token>/", preferences.preferences, name="newsletter_preferences"),
    path("address/<str:token>/", links.change_address, name="newsletter_address"),
    path("mail/<str:web_key>/", web_version.web_version, name="newsletter_web_version"),
]
