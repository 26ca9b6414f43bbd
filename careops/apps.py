from django.apps import AppConfig


class CareOpsConfig(AppConfig):
    name = "careops"
    verbose_name = "CareOps"
