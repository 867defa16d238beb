from django.apps import AppConfig
from django.core.checks import register


class ExportsConfig(AppConfig):
    name = "exports"

    def ready(self) -> None:
        from exports.checks import check_kinds  # models can be imported only now

        register(check_kinds)
