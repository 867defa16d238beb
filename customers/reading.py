"""Finding customers as the API names them."""

from common.ids import parse_public_id
from common.refusals import NotFound
from customers.former_ids import is_former_id
from customers.models import Customer
from projects.models import Project


def find_customer(project: Project, name: str) -> Customer:
    """By public id, former id or source id, in this order. Raises NotFound.

    A source id that merely looks like an id is still a source id.
    """
    customers = Customer.objects.filter(project=project, deleted_at=None)
    key = parse_public_id("cust", name)
    by_id = customers.filter(pk=key).first() if key else None
    if by_id is None and is_former_id(name):
        by_id = customers.filter(legacy_id=name).first()
    customer = by_id or customers.filter(source_id=name).first()
    if customer is None:
        raise NotFound.of("customer", name)
    return customer
