from django.apps import AppConfig
from django.core.checks import register


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns.checks import check_kinds, check_users  # models can be imported only now

        register(check_kinds)
        register(check_users)
