"""Django's admin over the same orders, with its own sessions and users in a schema beside them.

gunicorn --worker-class gevent bench.pages_django:app
"""

import os
from typing import Any
from urllib.parse import urlsplit

import django
from django.apps import AppConfig
from django.conf import settings

COMPANY = int(os.environ["BENCH_COMPANY"])
_url = urlsplit(os.environ["BENCH_DATABASE"])


class Orders(AppConfig):
    """The app the models below belong to."""

    name, label = "bench", "orders"


settings.configure(
    SECRET_KEY="only for this bench",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.pages_django",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path.lstrip("/"), "USER": _url.username, "PASSWORD": _url.password, "HOST": _url.hostname,
            "PORT": _url.port, "CONN_MAX_AGE": None, "OPTIONS": {"options": "-c search_path=django,public"},
        }
    },
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
                    "bench.pages_django.Orders"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
                "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                           "django.contrib.auth.context_processors.auth",
                                           "django.contrib.messages.context_processors.messages"]},
    }],
    STATIC_URL="/static/", USE_TZ=True, DEBUG=False,
)  # fmt: skip
django.setup()

from django.contrib import admin  # noqa: E402 (only after setup)
from django.core.paginator import Paginator  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402

WIDE = 1 << 31


class Order(models.Model):
    """The table as it is. The admin knows no key of two columns; within a company a number is one."""

    number = models.BigIntegerField(primary_key=True)
    company_id = models.BigIntegerField()
    state = models.TextField()
    line_count = models.IntegerField()
    customer_name = models.TextField()
    unit_count = models.BigIntegerField()
    currency = models.TextField()
    total_minor = models.BigIntegerField()
    placed_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        """Not Django's to make."""

        app_label, db_table, managed = "orders", "orders", False

    def __str__(self) -> str:
        return str(self.number)


class PlainOrder(Order):
    """The same, for a list of its own."""

    class Meta:
        """A proxy."""

        app_label, proxy = "orders", True

    def __str__(self) -> str:
        return str(self.number)


class NoCount(Paginator):
    """A paginator that counts nothing."""

    count = WIDE


class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list as its documentation shows: columns, a page of 50, the newest first, only this company's."""

    list_display = ("number", "state", "line_count", "customer_name", "unit_count", "currency", "total_minor",
                    "placed_at", "due_at")  # fmt: skip
    list_per_page = 50
    ordering = ("-number",)

    def get_queryset(self, request: Any) -> Any:  # Any: Django is untyped here
        """Only this company's."""
        return super().get_queryset(request).filter(company_id=COMPANY)


class PlainAdmin(OrderAdmin):
    """The same without a count."""

    show_full_result_count = False
    paginator = NoCount


admin.site.register(Order, OrderAdmin)
admin.site.register(PlainOrder, PlainAdmin)
urlpatterns = [path("admin/", admin.site.urls)]
app = get_wsgi_application()


def prepare() -> None:
    """Make Django's own tables and somebody who is signed in; print the cookie's value."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    person, _ = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(person)
    print(client.cookies["sessionid"].value)
