from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("People and conversations")

    def ready(self) -> None:
        from conversations import site_checks
        from conversations.accounts import second_factor, staff_roles
        from providers.checks import register
        from providers.encryption import rotation

        rotation.elsewhere.append(second_factor.renew_seals)
        rotation.locked_elsewhere.append(second_factor.locked)
        auth = apps.get_app_config("auth")  # the last app to migrate: our models' permissions exist by then
        post_migrate.connect(staff_roles.prepare, sender=auth, dispatch_uid="roles")
        register(*site_checks.CHECKS)
