from playwright.sync_api import expect
from tests.browser.test_versions import *
import pytest
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shots(scheme, page_of, live):
    page = page_of.page
    page.emulate_media(color_scheme=scheme)
    a_proportional_rule(a_loyalty_programme(live.project), live, points=1, every="1", of="rating", banner="Stars")
    page.reload()
    page_of.field(1, "required").check()
    page_of.card(2).locator("summary").click()
    page.screenshot(path=f"/tmp/shot_{scheme}_builder.png", full_page=True)
    change(live, {"text": TEXT | OPTIONAL | {"description": "Theirs"}})
    page_of.save_draft()
    expect(page.get_by_text("Somebody else changed this while you did.")).to_be_visible()
    page.screenshot(path=f"/tmp/shot_{scheme}_conflict.png", full_page=True)
    page_of.publish()
    expect(page.get_by_role("group", name="Breaking changes")).to_be_visible()
    page.screenshot(path=f"/tmp/shot_{scheme}_review.png", full_page=True)
    page.goto(page.url.replace("review/", "versions/2/"))
    page.screenshot(path=f"/tmp/shot_{scheme}_version.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url.replace("versions/2/", "review/"))
    page.screenshot(path=f"/tmp/shot_{scheme}_review_narrow.png", full_page=True)
