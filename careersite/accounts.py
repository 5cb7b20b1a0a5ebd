from django.contrib.auth.apps import AuthConfig


class StaffAccounts(AuthConfig):
    """Django's own accounts, under a name that says on the desk whose they are."""

    verbose_name = "Staff accounts"
