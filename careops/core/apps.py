from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "careops.core"
    label = "core"
    verbose_name = "Operations"
