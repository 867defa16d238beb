"""PublicationsApi through the official Python SDK, by value."""

import pytest
import voucherify
from voucherify import models

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def publications(sdk):
    return voucherify.PublicationsApi(sdk)


@pytest.fixture
def sale(sdk):
    voucher = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}, "code_config": {}}
    body = {"name": "Sale", "type": "STATIC", "vouchers_count": 5, "join_once": False, "voucher": voucher}
    return voucherify.CampaignsApi(sdk).create_campaign(models.CampaignsCreateRequestBody.from_dict(body))


def published(publications, join_once=None, **body):
    request = models.PublicationsCreateRequestBody.from_dict({"customer": {"source_id": "ben"}, **body})
    return publications.create_publication(join_once=join_once, publications_create_request_body=request)


def test_codes_are_published_one_several_and_once(publications, sale):
    one = published(publications, campaign={"name": "Sale", "count": 1}, source_id="p-1", metadata={"a": 1})
    again = published(publications, campaign={"name": "Sale"}, join_once=True)
    several = published(publications, campaign={"name": "Sale", "count": 3})

    assert (one.result, one.source_id, one.metadata, one.tracking_id) == ("SUCCESS", "p-1", {"a": 1}, "ben")
    assert (one.voucher.holder_id, one.vouchers_id, one.vouchers) == (one.customer.id, [one.voucher.id], None)
    assert (again.id, again.voucher.code) == (one.id, one.voucher.code)
    assert (len(several.vouchers), len(set(several.vouchers_id)), several.voucher) == (3, 3, None)
    for body, key in (
        ({"campaign": {"name": "Sale", "count": 2}}, "no_voucher_suitable_for_publication"),
        ({"campaign": {"name": "Sale", "count": 1}, "source_id": "p-1"}, "duplicate_source_id"),
        ({"voucher": one.voucher.code}, "voucher_already_published"),
    ):
        with pytest.raises(voucherify.exceptions.BadRequestException, match=key):
            published(publications, **body)


def test_publications_are_listed_by_what_is_asked_for(publications, sale):
    one = published(publications, campaign={"name": "Sale", "count": 1}, source_id="p-1")
    several = published(publications, campaign={"name": "Sale", "count": 2}, customer={"source_id": "cleo"})

    def found(**query):
        return [item.id for item in publications.list_publications(**query).publications]

    assert (found(), found(order="id")) == ([several.id, one.id], [one.id, several.id])
    assert (found(customer="cleo"), found(source_id="p-1")) == ([several.id], [one.id])
    assert (found(voucher=one.voucher.code), found(campaign="Sale", voucher_type="discount", limit=1)) == (
        [one.id],
        [several.id],
    )
    assert found(voucher=several.vouchers[1]) == [several.id]
    assert (found(result="FAILURE"), found(is_referral_code=True), found(voucher_type="loyalty")) == ([], [], [])
    assert (found(order="tracking_id"), found(order="-voucher_code", limit=1)) != ([], [])
    filters = models.ParameterFiltersListPublications.from_dict(
        {"customer_id": {"conditions": {"$is": several.customer.id}}}
    )
    assert found(filters=filters) == [several.id]
    listed = publications.list_publications(customer="cleo").publications[0]
    assert (listed.vouchers, listed.result) == (several.vouchers, "SUCCESS")


def test_a_code_is_published_by_an_address_alone(publications, sale):
    customer = models.Customer(source_id="dora", email="dora@example.com")

    made = publications.create_publication1(
        customer=customer, campaign=models.CreatePublicationCampaign(name="Sale"), source_id="p-2", join_once=True
    )

    assert (made.customer.source_id, made.source_id, made.voucher.campaign) == ("dora", "p-2", "Sale")
    with pytest.raises(voucherify.exceptions.BadRequestException, match="too_many_vouchers_requested"):
        publications.create_publication1(
            customer=customer, campaign=models.CreatePublicationCampaign(name="Sale", count=2)
        )
