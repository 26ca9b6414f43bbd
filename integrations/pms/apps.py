from django.apps import AppConfig


class PmsConfig(AppConfig):
    name = "integrations.pms"
    verbose_name = "practice management"
