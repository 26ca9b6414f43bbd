from django.apps import AppConfig

from careops import checks as checks  # registers them


class CareOpsConfig(AppConfig):
    name = "careops"
    verbose_name = "CareOps"
