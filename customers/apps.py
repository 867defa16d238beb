from django.apps import AppConfig
from django.core.checks import register


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers.erasure import check_personal_data  # models can be imported only now

        register(check_personal_data)
