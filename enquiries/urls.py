from django.urls import path

from enquiries import views

urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("ask/thanks/", views.asked, name="asked"),
    path("resume/", views.resume, name="resume"),
    path("resume/thanks/", views.resume_sent, name="resume_sent"),
]
