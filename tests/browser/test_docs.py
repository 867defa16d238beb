"""`/docs`: the documentation of the API in a browser, from this server alone (`complaints` sees other hosts)."""

from playwright.sync_api import expect

from tests.once import once

pytestmark = once("the documentation knows no database")


def test_an_operation_is_looked_up(page, live_server, complaints):
    page.goto(f"{live_server.url}/docs")
    page.locator("#operations-tag-customers").click()
    page.get_by_role("button", name="post /v1/customers", exact=True).click()

    operation = page.locator("#operations-customers-post_customers")
    expect(operation).to_contain_text("Create a customer, or update the one with that id or source id.")
    expect(operation).to_contain_text("source_id")
    with page.expect_download() as download:
        page.get_by_role("link", name="Postman collection").click()
    assert download.value.suggested_filename == "boon.postman_collection.json"
