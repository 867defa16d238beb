from django.apps import AppConfig
from django.core.checks import register


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from webhooks.pausing import check_send_sources  # models can be imported only now
        from webhooks.testing import check_sample

        register(check_send_sources)
        register(check_sample)
