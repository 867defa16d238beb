"""Finding campaigns and vouchers as the API names them."""

from campaigns.codes import code_key
from campaigns.models import Campaign, Voucher
from common.ids import parse_public_id
from common.refusals import NotFound
from projects.models import Project


def find_campaign(project: Project, name: str) -> Campaign:
    """By public id or name. Raises NotFound."""
    campaigns = Campaign.objects.filter(project=project, deleted_at=None).select_related("generation")
    key = parse_public_id("camp", name)
    by_id = campaigns.filter(pk=key).first() if key else None
    campaign = by_id or campaigns.filter(name=name).first()
    if campaign is None:
        raise NotFound.of("campaign", name)
    campaign.project = project
    return campaign


def find_voucher(project: Project, name: str, campaign: Campaign | None = None) -> Voucher:
    """By code or public id, in that campaign where one is given; its campaign is loaded. Raises NotFound."""
    vouchers = Voucher.objects.filter(project=project, deleted_at=None).select_related("campaign")
    if campaign is not None:
        vouchers = vouchers.filter(campaign=campaign)
    by_code = vouchers.filter(code_key=code_key(project, name)).first()
    key = parse_public_id("v", name)
    voucher = by_code or (vouchers.filter(pk=key).first() if key else None)
    if voucher is None:
        raise NotFound.of("voucher", name)
    voucher.project = project
    if voucher.campaign is not None:
        voucher.campaign.project = project
    return voucher
