from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("People and conversations")

    def ready(self) -> None:
        from conversations import checks, factors, roles
        from providers import keyring
        from providers.checks import register

        keyring.elsewhere.append(factors.renew_seals)
        keyring.locked_elsewhere.append(factors.locked)
        auth = apps.get_app_config("auth")  # by its turn the permissions of our models are there
        post_migrate.connect(roles.prepare, sender=auth, dispatch_uid="roles")
        register(*checks.CHECKS)
