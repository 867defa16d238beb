from django.apps import AppConfig
from django.core.checks import register


class EventschemaConfig(AppConfig):
    name = "eventschema"
    verbose_name = "Event schemas"

    def ready(self) -> None:
        from eventschema.checks import check_schema_users  # models can be imported only now

        register(check_schema_users)
