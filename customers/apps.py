from django.apps import AppConfig
from django.core.checks import register


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers.checks import check_facts  # models can be imported only now

        register(check_facts)
