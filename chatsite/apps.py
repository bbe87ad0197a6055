from django.apps import AppConfig


class ChatsiteConfig(AppConfig):
    name = "chatsite"

    def ready(self) -> None:
        from chatsite.health.checks import CHECKS
        from providers.checks import register

        register(*CHECKS)
