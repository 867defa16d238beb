from django.urls import path

from api.v1 import customers, events

urlpatterns = [
    path("events", events.Events.as_view()),
    path("events/<str:event_id>", events.OneEvent.as_view()),
    path("customers", customers.Customers.as_view()),
    path("customers/<str:customer_id>", customers.OneCustomer.as_view()),
]
