"""`/v1/oauth`: access tokens for a key, by OAuth 2.0 client credentials (contract a.2)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import IssuingKey
from api.object_schemas import COUNT, FLAG, TEXT, fields, sometimes
from api.parsers import FormParser
from api.views import ApiView
from common.jsons import JsonObject
from common.refusals import Refusal
from projects.tokens import LIFE, find_token, issue_token, revoke_token

CLIENT_CREDENTIALS = "client_credentials"
TOKEN_TYPE = "Bearer"
FORM = "application/x-www-form-urlencoded"
SHOWN: JsonObject = {FORM: {"type": "object", "required": ["token"], "properties": {"token": TEXT}}}

ACCESS_TOKEN = fields(
    access_token=TEXT, token_type={"const": "Bearer"}, expires_in=COUNT, expires_at=COUNT, scope=TEXT
)
INTROSPECTED = sometimes(
    fields(active=FLAG), scope=TEXT, client_id=TEXT, token_type={"const": "Bearer"}, iat=COUNT, exp=COUNT
)


class MissingParameters(Refusal):
    key = "missing_parameters"
    message = "Missing parameters"


class InvalidGrantType(Refusal):
    key = "invalid_grant_type"
    message = "Invalid grant type"


class OAuthView(ApiView):
    """With a server key or a client key itself; an access token makes no further ones."""

    authentication_classes = [IssuingKey]
    security = [
        {"X-App-Id": [], "X-App-Token": []},
        {"X-Client-Application-Id": [], "X-Client-Token": []},
    ]
    parser_classes = [FormParser]

    def field(self, name: str) -> str:
        """A field of the form. Raises MissingParameters."""
        text: str = self.body().get(name, "")
        if not text:
            raise MissingParameters(f"Parameter '{name}' is required")
        return text


class Tokens(OAuthView):
    answers = {"post": ACCESS_TOKEN}
    bodies = {
        "post": {
            FORM: {
                "type": "object",
                "required": ["grant_type"],
                "properties": {"grant_type": {"type": "string", "enum": [CLIENT_CREDENTIALS]}, "scope": TEXT},
            }
        }
    }

    def post(self, request: Request) -> Response:
        """Get an access token, good for 15 minutes; `scope` names scopes with blanks between them."""
        if self.field("grant_type") != CLIENT_CREDENTIALS:
            raise InvalidGrantType(f"grant_type must be {CLIENT_CREDENTIALS}")
        issued = issue_token(self.key, self.body().get("scope", ""), now=self.now)
        return Response(
            {
                "access_token": issued.token,
                "token_type": TOKEN_TYPE,
                "expires_in": int(LIFE.total_seconds()),
                "expires_at": int(issued.row.expires_at.timestamp()),
                "scope": " ".join(issued.row.scopes),
            },
            headers={"Cache-Control": "no-store"},
        )


class Introspection(OAuthView):
    answers = {"post": INTROSPECTED}
    bodies = {"post": SHOWN}

    def post(self, request: Request) -> Response:
        """Ask whether an access token of the project is live, and what it is for."""
        token = find_token(self.project, self.field("token"), now=self.now)
        if token is None:
            return Response({"active": False})
        return Response(
            {
                "active": True,
                "scope": " ".join(token.scopes),
                "client_id": token.key.key_id,
                "token_type": TOKEN_TYPE,
                "iat": int(token.created_at.timestamp()),
                "exp": int(token.expires_at.timestamp()),
            }
        )


class Revocation(OAuthView):
    bodies = {"post": SHOWN}
    successes = {"post": "204"}
    empty_refusals = {"post": ("404",)}

    def post(self, request: Request) -> Response:
        """Revoke an access token of the project; 404 without a body where it is not live."""
        revoked = revoke_token(self.project, self.field("token"), now=self.now)
        return Response(status=204 if revoked else 404)
