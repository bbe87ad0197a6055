from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("People and conversations")

    def ready(self) -> None:
        from conversations import checks, factors
        from providers import keyring
        from providers.checks import register

        keyring.elsewhere.append(factors.renew_seals)
        keyring.locked_elsewhere.append(factors.locked)
        register(*checks.CHECKS)
