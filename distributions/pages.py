"""The page behind the link to unsubscribe. Reading it changes nothing: mail scanners follow links."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from distributions.unsubscribing import customer_of, is_unsubscribed, unsubscribe


# Mail programs post from anywhere, without a cookie: what is signed in the address is all the right that there is.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks with a button; POST does it, whoever posts (RFC 8058)."""
    customer = customer_of(token)
    if customer is None:
        return render(request, "distributions/unsubscribe.html", {"is_unknown": True}, status=404)
    if request.method == "POST":
        unsubscribe(customer, now=datetime.now(UTC))
    context = {"project": customer.project, "is_done": is_unsubscribed(customer)}
    return render(request, "distributions/unsubscribe.html", context)
