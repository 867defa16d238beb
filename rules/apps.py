from django.apps import AppConfig
from django.core.checks import register


class RulesConfig(AppConfig):
    name = "rules"

    def ready(self) -> None:
        # Models can be imported only now.
        from rules.checks import check_sources, check_users

        register(check_users)
        register(check_sources)
