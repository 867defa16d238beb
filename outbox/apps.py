from django.apps import AppConfig
from django.core.checks import register


class OutboxConfig(AppConfig):
    name = "outbox"

    def ready(self) -> None:
        from outbox.checks import check_actions, check_handlers, check_timely_work  # models can be imported only now

        register(check_handlers)
        register(check_actions)
        register(check_timely_work)
