"""A code is given to a customer: once, to one, and both are told."""

import pytest

from campaigns.codes import make_many
from campaigns.models import Holder, Publication, Voucher
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import NewVoucher, add_code, create_voucher
from common.refusals import MetadataInvalid, NotFound, Refusal
from customers.models import Customer
from customers.profiles import Profile
from events.models import StoredEffect
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from publications.publishing import PublicationRequest, publish
from tests.factories import CustomerFactory, ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_coupon_campaign, a_loyalty_programme, a_referral_programme

STATIC = {"type": "STATIC", "auto_join": False}


def give(project, to="ada", **request):
    profile = request.pop("customer", None) or Profile(source_id=to)
    return publish(project, PublicationRequest(profile, **request), group_id="v-1", now=NOW)


def refusal_of(project, **request):
    with pytest.raises(Refusal) as refused:
        give(project, **request)
    return refused.value.key


@pytest.fixture
def referrals(project):
    return a_referral_programme(project, None, join_once=False)


def test_a_given_code_is_published_to_a_new_customer(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)

    publication = give(project, code="NRY-01", source_id="p-1", channel="mail", metadata={"a": 1})

    ada = Customer.objects.get(source_id="ada")
    voucher = Voucher.objects.get()
    assert (publication.customer, publication.source_id, publication.channel, publication.metadata) == (
        ada,
        "p-1",
        "mail",
        {"a": 1},
    )
    assert (voucher.holder, voucher.updated_at) == (ada, NOW)
    holder = Holder.objects.get()
    assert (holder.customer, holder.role, holder.publication) == (ada, "REFERRER", publication)


def test_the_holder_of_a_loyalty_card_owns_it(project):
    give(project, campaign=a_loyalty_programme(project).name)

    assert Holder.objects.get().role == "OWNER"


def test_a_publication_is_told_to_the_chain_with_the_customer_it_made(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)

    publication = give(project, code="NRY-01")

    effects = StoredEffect.objects.filter(cause_id=publication.pk).order_by("seq")
    assert [effect.kind for effect in effects] == ["customer.created", "code.published"]
    assert effects[1].data == {
        "code": "NRY-01",
        "campaign_id": referrals.public_id,
        "publication_id": publication.public_id,
        "customer": publication.customer.public_id,
    }


@pytest.mark.parametrize("by", ["name", "public_id"])
def test_any_free_code_of_a_campaign_is_taken_the_oldest_first(project, referrals, by):
    for code in ("B", "A", "C"):
        add_code(referrals, code, by=TESTER)

    given = [give(project, name, campaign=getattr(referrals, by)).voucher.code for name in ("ada", "ben", "cleo")]

    assert given == ["B", "A", "C"]


def test_a_pool_that_is_used_up_gives_nothing_and_makes_no_customer(project, referrals):
    add_code(referrals, "ONLY", by=TESTER)
    give(project, campaign=referrals.name)

    assert refusal_of(project, to="ben", campaign=referrals.name) == "no_voucher_suitable_for_publication"
    assert [customer.source_id for customer in Customer.objects.all()] == ["ada"]


def test_a_campaign_that_makes_codes_as_needed_is_used_up_with_its_pattern(project):
    club = a_loyalty_programme(project, code_config={"pattern": "C-#", "charset": "AB"})
    for name in ("ada", "ben"):
        give(project, name, campaign=club.name)

    assert refusal_of(project, to="cleo", campaign=club.name) == "no_voucher_suitable_for_publication"


def test_disabled_expired_and_held_codes_are_not_free(project, referrals):
    for code, change in {"OFF": {"active": False}, "OLD": {"expiration_date": NOW}, "FREE": {}}.items():
        add_code(referrals, code, by=TESTER)
        Voucher.objects.filter(code=code).update(**change)

    assert give(project, "ada", campaign=referrals.name).voucher.code == "FREE"
    assert refusal_of(project, to="ben", campaign=referrals.name) == "no_voucher_suitable_for_publication"


def test_a_code_is_published_once(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)
    give(project, code="NRY-01")

    assert [refusal_of(project, to=name, code="nry-01") for name in ("ben", "ada")] == [
        "voucher_already_published"
    ] * 2
    assert Publication.objects.count() == 1


def test_a_disabled_code_is_not_published(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)
    Voucher.objects.update(active=False)

    assert refusal_of(project, code="NRY-01") == "voucher_disabled"


def test_a_code_has_to_be_of_the_campaign_that_is_named_with_it(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)
    club = a_loyalty_programme(project)

    with pytest.raises(NotFound, match=r"^Cannot find voucher with id NRY-01$"):
        give(project, code="NRY-01", campaign=club.name)

    assert give(project, code="NRY-01", campaign=referrals.name).voucher.code == "NRY-01"


def test_unknown_campaigns_codes_and_customers_are_not_found(project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)
    nobody = Profile(id="cust_x")

    assert refusal_of(project) == "missing_vouchers"
    assert [
        refusal_of(project, campaign="Nothing"),
        refusal_of(project, code="NOTHING"),
        refusal_of(project, code="NRY-01", customer=nobody),
    ] == ["not_found"] * 3
    assert Publication.objects.count() == Customer.objects.count() == 0


def test_another_projects_campaigns_and_codes_are_not_found(mallorys_project, referrals):
    add_code(referrals, "NRY-01", by=TESTER)

    assert [
        refusal_of(mallorys_project, campaign=referrals.name),
        refusal_of(mallorys_project, campaign=referrals.public_id),
        refusal_of(mallorys_project, code="NRY-01"),
    ] == ["not_found"] * 3


def test_a_tracking_id_is_used_once(project, referrals):
    for code in ("A", "B"):
        add_code(referrals, code, by=TESTER)
    give(project, campaign=referrals.name, source_id="p-1")

    assert refusal_of(project, to="ben", campaign=referrals.name, source_id="p-1") == "duplicate_source_id"


def test_who_joins_once_is_answered_with_the_first_code(project):
    club = a_loyalty_programme(project)

    first, second = (give(project, campaign=club.name) for _ in range(2))

    assert (first, Publication.objects.count(), Voucher.objects.count()) == (second, 1, 1)


def test_the_request_may_ask_for_joining_once(project, referrals):
    for code in ("A", "B"):
        add_code(referrals, code, by=TESTER)

    codes = [give(project, campaign=referrals.name, join_once=once).voucher.code for once in (None, True, False)]

    assert codes == ["A", "A", "B"]


def test_who_is_answered_with_the_first_code_is_updated_each_time(project):
    club = a_loyalty_programme(project)
    give(project, campaign=club.name)

    for name in ("Ada", "Ada L.", "Lady Ada"):
        give(project, campaign=club.name, customer=Profile(source_id="ada", fields={"name": name}))

    assert Customer.objects.get().name == "Lady Ada"
    assert StoredEffect.objects.filter(kind="customer.updated").count() == 3


def test_a_card_begins_with_the_programmes_points(project):
    club = a_loyalty_programme(project, initial_points=25)

    card = give(project, campaign=club.name).voucher.loyalty_card

    assert (card.balance, card.lifetime) == (25, 25)
    assert [(entry.kind, entry.points) for entry in card.entries.all()] == [("addition", 25)]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_last_codes_each_code_goes_to_one():
    project = ProjectFactory()
    club = a_loyalty_programme(project, vouchers_count=3, **STATIC)

    def take(name):
        try:
            return give(project, name, campaign=club.name).voucher.code
        except Refusal as refusal:
            return refusal.key

    taken = at_once([lambda name=name: take(name) for name in "abcdef"])

    codes = list(Voucher.objects.exclude(holder=None).values_list("code", flat=True))
    assert sorted(taken) == sorted([*codes, *["no_voucher_suitable_for_publication"] * 3])
    assert len(codes) == Publication.objects.count() == Holder.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_who_joins_twice_at_the_same_moment_has_one_card():
    project = ProjectFactory()
    CustomerFactory(project=project, source_id="ada")
    club = a_loyalty_programme(project)

    given = at_once([lambda: give(project, campaign=club.name).pk] * 4)

    assert (len(set(given)), Publication.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_code_that_many_want_goes_to_one():
    project = ProjectFactory()
    add_code(a_referral_programme(project, None), "NRY-01", by=TESTER)

    def take(name):
        try:
            return give(project, name, code="NRY-01").customer.source_id
        except Refusal as refusal:
            return refusal.key

    taken = at_once([lambda name=name: take(name) for name in "abcd"])

    holder = Voucher.objects.get().holder.source_id
    assert sorted(taken) == sorted([holder, *["voucher_already_published"] * 3])


@pytest.mark.django_db(transaction=True)
def test_two_hundred_who_want_a_hundred_and_fifty_codes_get_each_code_once():
    project = ProjectFactory()
    sale = a_coupon_campaign(project)
    make_many(sale, 150, now=NOW)

    def take(worker):
        taken = []
        for number in range(25):
            try:
                taken.append(give(project, f"{worker}-{number}", campaign=sale.name).voucher.code)
            except Refusal as refusal:
                taken.append(refusal.key)
        return taken

    taken = [code for codes in at_once([lambda worker=worker: take(worker) for worker in range(8)]) for code in codes]

    codes = set(sale.vouchers.values_list("code", flat=True))
    assert taken.count("no_voucher_suitable_for_publication") == 50
    assert sorted(code for code in taken if code in codes) == sorted(codes)
    assert Publication.objects.values("voucher").distinct().count() == Publication.objects.count() == 150


def test_several_codes_are_one_publication(project):
    sale = a_coupon_campaign(project, vouchers_count=4, join_once=False)

    publication = give(project, campaign=sale.name, count=3)

    parts = list(publication.parts.all())
    assert (publication.part_of, len(parts)) == (None, 2)
    assert {part.customer for part in parts} == {publication.customer}
    assert Voucher.objects.filter(holder=publication.customer).count() == 3


@pytest.mark.parametrize(
    ("fields", "request_fields", "key"),
    [
        ({}, {"count": 3}, "no_voucher_suitable_for_publication"),
        ({}, {"count": 51}, "too_many_vouchers_requested"),
        ({}, {"count": 2, "source_id": "p-1"}, "too_many_vouchers_requested"),
        ({"join_once": True}, {"count": 2}, "too_many_vouchers_requested"),
    ],
)
def test_all_of_several_codes_are_published_or_none(project, fields, request_fields, key):
    sale = a_coupon_campaign(project, vouchers_count=2, **{"join_once": False} | fields)

    with pytest.raises(Refusal) as refused:
        give(project, campaign=sale.name, **request_fields)

    assert (refused.value.key, Publication.objects.count()) == (key, 0)


def test_a_code_that_stands_alone_is_published_once(project):
    change = VoucherChange({"discount": {"type": "PERCENT", "percent_off": 5}})
    create_voucher(project, None, NewVoucher(change, code="ALONE"), by=TESTER)

    publication = give(project, code="alone")

    assert (publication.voucher.code, publication.voucher.campaign) == ("ALONE", None)
    with pytest.raises(Refusal) as refused:
        give(project, "ben", code="ALONE")
    assert refused.value.key == "voucher_already_published"


def test_a_publications_metadata_is_judged_by_the_projects_schema_of_publications(project):
    schema = MetadataSchema(project=project, related_object="publication")
    save_nested_schema(schema, [PropertySpec("shop", "string")], by=TESTER, now=NOW)
    project.refresh_from_db()
    sale = a_coupon_campaign(project, vouchers_count=2)

    with pytest.raises(MetadataInvalid, match="shop"):
        give(project, campaign=sale.name, metadata={"shop": 5})

    assert give(project, campaign=sale.name, metadata={"shop": "Ulm"}).metadata == {"shop": "Ulm"}
