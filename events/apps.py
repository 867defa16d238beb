from django.apps import AppConfig
from django.core.checks import register


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from events.checks import check_reactions  # models can be imported only now

        register(check_reactions)
