"""Codes that a sender brings along: each judged alone, stored once, whatever ends a run."""

import pytest

from campaigns import importing
from campaigns.bulk import start_bulk_update, start_metadata_update
from campaigns.importing import start_csv_import, start_import
from campaigns.models import Voucher
from campaigns.vouchers import add_code
from common.refusals import Refusal
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from outbox.actions import RunAction
from tests.campaigns.test_generation import Killed
from tests.world import NOW, TESTER, a_coupon_campaign, a_gift_campaign


@pytest.fixture
def shelves(project):
    """The project says that its codes have a number of a shelf."""
    schema = MetadataSchema(project=project, related_object="voucher")
    save_nested_schema(schema, [PropertySpec("shelf", "number", optional=True)], by=TESTER, now=NOW)
    project.refresh_from_db()


def imported(project, campaign, items):
    action = start_import(project, campaign, items, request_id="v-1", now=NOW, by=TESTER)
    return finished(action)


def imported_csv(project, campaign, text):
    action = start_csv_import(project, campaign, text.encode(), request_id="v-1", now=NOW, by=TESTER)
    return finished(action)


def finished(action):
    RunAction().handle({"action": str(action.pk)})
    action.refresh_from_db()
    return action


def reasons(action):
    return [(failure["source_id"], failure["reason"].split(";")[0]) for failure in action.failed]


def test_codes_take_after_their_campaign_but_for_what_they_say(project):
    sale = a_coupon_campaign(project)

    action = imported(
        project,
        sale,
        [
            {"code": "A"},
            {"code": "B", "discount": {"type": "AMOUNT", "amount_off": 500}, "redemption": {"quantity": 3}},
        ],
    )

    a, b = Voucher.objects.order_by("code")
    assert (action.type, action.done_count, action.failed_count) == ("CAMPAIGN.VOUCHERS_IMPORT", 2, 0)
    assert (a.campaign, a.type, a.discount) == (sale, "DISCOUNT_VOUCHER", {"type": "PERCENT", "percent_off": 10})
    assert (b.discount, b.quantity) == ({"type": "AMOUNT", "amount_off": 500}, 3)


def test_what_is_wrong_with_one_spoils_no_other(project, shelves):
    add_code(a_coupon_campaign(project, "Other"), "TAKEN", by=TESTER)
    gift = {"gift": {"amount": 100}}
    action = start_import(
        project,
        None,
        [
            {"code": "GOOD", **gift, "metadata": {"shelf": 1}},
            {"code": "BAD-SHELF", **gift, "metadata": {"shelf": "left"}},
            {"code": "BAD-DATE", **gift, "start_date": "soon"},
            {"code": "NOTHING"},
            {"code": "CARD", "type": "LOYALTY_CARD"},
            {"code": "LATE", **gift},
        ],
        request_id="v-1",
        now=NOW,
        by=TESTER,
    )
    add_code(a_coupon_campaign(project), "late", by=TESTER)
    finished(action)

    assert (action.done_count, Voucher.objects.filter(campaign=None).get().code) == (1, "GOOD")
    assert reasons(action) == [
        ("BAD-SHELF", "metadata_validation_failed: shelf: must be a number (actual value is 'left')"),
        (
            "BAD-DATE",
            "invalid_payload: Property .start_date cannot be recognized as a ISO-8601 compliant date",
        ),
        ("NOTHING", "invalid_voucher: A voucher without a campaign needs either 'discount' or 'gift'"),
        ("CARD", "invalid_voucher: A loyalty card needs a campaign"),
        ("LATE", "duplicate_key: a voucher with this code exists already"),
    ]


@pytest.mark.parametrize(
    ("items", "key", "details"),
    [
        ([{"code": "a"}, {}, {"code": ""}], "invalid_voucher", "Found 2 voucher(s) without 'code' value"),
        ([{"code": "taken"}, {"code": "b"}, {"code": "B"}], "duplicate_key", "2 voucher codes(s) already exist."),
        ([], "invalid_payload", "An import has 1 to 100000 codes"),
        (["a"], "invalid_payload", "Property .0 must be object"),
    ],
)
def test_what_no_import_can_be_is_refused_at_once(project, items, key, details):
    sale = a_coupon_campaign(project)
    add_code(sale, "TAKEN", by=TESTER)

    with pytest.raises(Refusal) as refused:
        start_import(project, sale, items, request_id="v-1", now=NOW, by=TESTER)

    assert (refused.value.key, str(refused.value)) == (key, details)


def test_a_file_is_read_by_its_headings(project, shelves):
    gifts = a_gift_campaign(project)
    text = (
        "\ufeffCode,Value,Active,Redemption Limit,Start Date,Category,shelf,Note\r\n"
        'G-1,2500,false,2,2026-01-31,spring,7,"a, b"\r\n'
        "G-2,,,,,,,\r\n"
        "G-3,much,,,,,left,\r\n"
    )

    action = imported_csv(project, gifts, text)

    first, second = Voucher.objects.order_by("code")
    assert (action.type, action.done_count) == ("CAMPAIGN.VOUCHERS_IMPORT_CSV", 2)
    assert (first.gift, first.active, first.quantity, first.category) == (
        {"amount": 2_500, "effect": "APPLY_TO_ORDER"},
        False,
        2,
        "spring",
    )
    assert (first.start_date.isoformat(), first.metadata) == (
        "2026-01-31T00:00:00+00:00",
        {"shelf": 7, "Note": "a, b"},
    )
    assert (second.gift["amount"], second.active, second.metadata) == (1_000, True, {})
    assert reasons(action) == [("G-3", f"invalid_payload: Property .gift.amount must be integer from 0 to {10**15}")]


@pytest.mark.parametrize(
    ("raw", "details"),
    [
        (b"\xff\xfe", "The file must be in UTF-8"),
        (b"Code\nA\x00", "The file holds a NUL character"),
        (b"Codes\nA\n", "The first line must have a heading 'Code'"),
        (b"Code,code\nA,B\n", "Two columns have the same heading"),
        (b"Code\n", "An import has 1 to 100000 codes"),
        (b"", "The first line must have a heading 'Code'"),
        (b'Code\n"A', "Line 2 is no CSV: unexpected end of data"),
    ],
)
def test_what_is_no_such_file_is_refused_at_once(project, raw, details):
    with pytest.raises(Refusal) as refused:
        start_csv_import(project, a_coupon_campaign(project), raw, request_id="v-1", now=NOW, by=TESTER)

    assert str(refused.value) == details


def test_an_import_that_is_killed_is_taken_up_where_it_was(project, monkeypatch):
    monkeypatch.setattr("campaigns.importing.CHUNK", 10)
    sale = a_coupon_campaign(project)
    items = [{"code": f"C-{number:02}", "active": number != 3 or "no"} for number in range(35)]
    action = start_import(project, sale, items, request_id="v-1", now=NOW, by=TESTER)
    insert, calls = importing._insert, []

    def until_killed(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise Killed
        return insert(*arguments)

    monkeypatch.setattr("campaigns.importing._insert", until_killed)
    with pytest.raises(Killed):
        finished(action)
    monkeypatch.setattr("campaigns.importing._insert", insert)

    finished(action)

    assert (sale.vouchers.count(), action.done_count, action.failed_count, action.payload) == (34, 34, 1, {})
    assert reasons(action) == [("C-03", "invalid_payload: Property .active must be boolean")]


def test_metadata_of_many_is_merged_each_by_its_own_or_all_alike(project, shelves, django_assert_num_queries):
    sale = a_coupon_campaign(project)
    for number in range(3):
        add_code(sale, f"C-{number}", by=TESTER)
    items = [{"code": f"c-{number}", "metadata": {"shelf": number, "a": 1}} for number in range(3)]
    bad = [{"code": "C-9", "metadata": {}}, {"code": "C-0", "metadata": {"shelf": "left"}}]

    own = finished(start_bulk_update(project, [*items, *bad], request_id="v-1", now=NOW, by=TESTER))
    alike = finished(start_metadata_update(project, ["C-0", "C-1"], {"a": 2}, request_id="v-1", now=NOW, by=TESTER))

    assert (own.type, own.done_count, alike.type, alike.done_count) == (
        "VOUCHERS.BULK_UPDATE",
        3,
        "VOUCHERS.METADATA_UPDATE",
        2,
    )
    assert [voucher.metadata for voucher in Voucher.objects.order_by("code")] == [
        {"shelf": 0, "a": 2},
        {"shelf": 1, "a": 2},
        {"shelf": 2, "a": 1},
    ]
    assert [code for code, _ in reasons(own)] == ["C-9", "C-0"]
