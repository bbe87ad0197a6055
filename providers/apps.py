from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = _("Endpoints, keys and models")

    def ready(self) -> None:
        from providers.checks import register
        from providers.pool.checks import CHECKS

        register(*CHECKS)
