from django.apps import AppConfig
from django.core.checks import register


class DistributionsConfig(AppConfig):
    name = "distributions"

    def ready(self) -> None:
        # Models can be imported only now.
        from distributions.checks import check_data

        register(check_data)
