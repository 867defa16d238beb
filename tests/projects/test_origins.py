"""Which pages a client key trusts: any, those of a host, or those of one origin."""

import pytest

from common.refusals import InvalidPayload
from projects.keys import create_key, revoke_keys
from projects.models import ApiKey
from projects.origins import TrustedOrigins, UntrustedOrigin, check_origin, parse_domains, trusts
from tests.world import NOW, TESTER

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("domain", "origin", "trusted"),
    [
        ("*", SHOP, True),
        ("*", "null", True),
        ("*", "", True),
        ("shop.example", SHOP, True),
        ("shop.example", "http://shop.example:8080", True),
        ("shop.example", "shop.example", True),
        ("shop.example", "https://www.shop.example", False),
        ("shop.example", "https://shop.example.evil.example", False),
        ("shop.example", "https://evilshop.example", False),
        ("shop.example", "https://evil.example/shop.example", False),
        ("shop.example", "https://shop.example@evil.example", False),
        ("shop.example", "null", False),
        ("shop.example", "", False),
        (SHOP, SHOP, True),
        (SHOP, "HTTPS://Shop.Example", True),
        (SHOP, "https://shop.example:443", True),
        (SHOP, "http://shop.example", False),
        (SHOP, "https://shop.example:8443", False),
        (SHOP, "shop.example", False),
        ("https://shop.example:8443", "https://shop.example:8443", True),
        ("https://shop.example:8443", SHOP, False),
        ("http://[::1]:3000", "http://[::1]:3000", True),
        ("[::1]", "http://[::1]:3000", True),
        ("capacitor://localhost", "capacitor://localhost", True),
        ("capacitor://localhost", "http://localhost", False),
    ],
)
def test_an_origin_is_trusted_by(domain, origin, trusted):
    assert trusts(parse_domains([domain]), origin) is trusted


def test_domains_are_kept_as_they_are_compared_and_each_once():
    domains = ["Shop.Example", "https://Shop.example:443/".rstrip("/"), "shop.example", "https://müller.example", "*"]

    assert parse_domains(domains) == ["shop.example", SHOP, "https://xn--mller-kva.example", "*"]


@pytest.mark.parametrize(
    "domain",
    [
        "",
        " ",
        "https://",
        "://shop.example",
        "shop.example/checkout",
        "https://shop.example/",
        "https://shop.example?a",
        "https://ada@shop.example",
        "shop.example:8443",
        "https://shop.example:",
        "https://shop.example:99999",
        "*.shop.example",
        "https://*",
        "a b",
        "shop.example\n",
        "shop\x00",
        "\ud800",
        "-",
        "[::1",
        "a" * 300,
    ],
)
def test_what_is_no_domain_is_refused_by_its_name(domain):
    with pytest.raises(InvalidPayload) as refused:
        parse_domains(["shop.example", domain])

    assert [(error.path, error.code, error.actual) for error in refused.value.errors] == [
        ("trusted_domains", "domain", domain)
    ]


def test_a_key_with_a_bad_domain_is_not_made(project):
    with pytest.raises(InvalidPayload, match="“shop/” is neither"):
        create_key(project, kind="client", by=TESTER, trusted_domains=["shop/"])

    assert ApiKey.objects.count() == 0


def test_a_key_trusts_a_hundred_domains_at_most(project):
    with pytest.raises(InvalidPayload, match="at most 100 domains"):
        create_key(project, kind="client", by=TESTER, trusted_domains=[f"shop-{n}.example" for n in range(101)])


def test_a_client_key_without_domains_is_good_for_no_page(project):
    key, _ = create_key(project, kind="client", by=TESTER)

    with pytest.raises(UntrustedOrigin, match=r"^The origin https://shop.example is not trusted by this key$"):
        check_origin(key, SHOP)


def test_a_server_key_is_not_asked_where_it_is_used(project):
    key, _ = create_key(project, kind="server", by=TESTER)

    assert check_origin(key, SHOP) is None


def test_what_any_client_key_trusts_is_known_from_its_making_to_its_revocation(project, mallorys_project):
    origins = TrustedOrigins()
    seen = [origins.trusts(SHOP)]

    key, _ = create_key(project, kind="client", by=TESTER, trusted_domains=["shop.example"])
    create_key(mallorys_project, kind="server", by=TESTER, trusted_domains=["server.example"])
    seen += [origins.trusts(SHOP), origins.trusts("https://server.example")]
    revoke_keys([key], by=TESTER, now=NOW)
    seen.append(origins.trusts(SHOP))

    assert seen == [False, True, False, False]


def test_asking_again_costs_one_small_statement(project, django_assert_num_queries):
    create_key(project, kind="client", by=TESTER, trusted_domains=["shop.example"])
    origins = TrustedOrigins()
    with django_assert_num_queries(2):
        origins.trusts(SHOP)

    with django_assert_num_queries(1):
        assert origins.trusts(SHOP)
