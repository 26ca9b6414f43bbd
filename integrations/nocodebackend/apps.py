from django.apps import AppConfig


class NoCodeBackendConfig(AppConfig):
    name = "integrations.nocodebackend"
    label = "nocodebackend"
    verbose_name = "NoCodeBackend"
