from django.apps import AppConfig
from django.core.checks import register


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        # Models can be imported only now.
        from customers.checks import check_facts, check_segments
        from customers.erasure import check_personal_data

        register(check_personal_data)
        register(check_facts)
        register(check_segments)
