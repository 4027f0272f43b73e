"""The settings of intake-social."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from intake.file_settings import WHERE, BucketSettings
from intake.submissions import IntakeSettings

#: Shortest length of a word that nobody can guess.
SHORTEST = 16
#: Credentials, each with the switch of its network.
_NEEDED = {
    "x_consumer_key": "x_enabled",
    "x_consumer_secret": "x_enabled",
    "x_access_token": "x_enabled",
    "x_access_secret": "x_enabled",
    "facebook_page_id": "facebook_enabled",
    "facebook_page_token": "facebook_enabled",
    "facebook_app_id": "facebook_enabled",
    "facebook_app_secret": "facebook_enabled",
    "whatsapp_phone_number_id": "whatsapp_enabled",
    "whatsapp_token": "whatsapp_enabled",
    "whatsapp_app_secret": "whatsapp_enabled",
    "whatsapp_webhook_token": "whatsapp_enabled",
}
#: Settings of networks that push: each needs the HTTP endpoint.
_PUSHING = ("facebook_webhook_token", "whatsapp_enabled")


class SocialSettings(BucketSettings, IntakeSettings):
    """The settings of intake-social, from the environment. Without ``evidence_url`` photos are not taken."""

    x_enabled: bool = Field(True, description="read mentions on X and answer them")
    x_api_url: str | None = Field(None, description="in place of X's own address; unset in production")
    x_consumer_key: SecretStr | None = Field(None, description="the app's key")
    x_consumer_secret: SecretStr | None = Field(None, description="the app's secret")
    x_access_token: SecretStr | None = Field(None, description="the account's OAuth 1.0a token")
    x_access_secret: SecretStr | None = Field(None, description="the account's OAuth 1.0a secret")
    x_poll_s: float = Field(25, gt=0, description="seconds between two looks at the mentions")
    x_search: str = Field(
        "", description="query of X for posts that only have a hashtag, such as #LAPOR (Soppeng OR Watansoppeng)"
    )
    x_search_s: float = Field(60, gt=0, description="seconds between two searches")
    x_budget_usd: float = Field(0, ge=0, description="US dollars a month, beyond which nothing is searched; 0: no end")
    x_links: bool = Field(False, description="receipts on X link to the website: X bills that twenty times as much")
    facebook_enabled: bool = Field(False, description="read visitors' posts on the page and answer them")
    facebook_graph_url: str | None = Field(None, description="in place of Graph's own address; unset in production")
    facebook_graph_version: str = Field("v26.0", description="version of Graph")
    facebook_page_id: str | None = Field(None, description="the kabupaten's page")
    facebook_page_token: SecretStr | None = Field(None, description="its page token")
    facebook_app_id: str | None = Field(None, description="the app; as it we ask when the page token ends")
    facebook_app_secret: SecretStr | None = Field(None, description="signs every call")
    facebook_webhook_token: SecretStr | None = Field(
        None, description="word that Facebook shows once when it is told of our door; none: no door"
    )
    whatsapp_enabled: bool = Field(False, description="take what is written to the number and answer it")
    whatsapp_graph_url: str | None = Field(None, description="in place of Graph's own address; unset in production")
    whatsapp_phone_number_id: str | None = Field(None, description="the number, as Meta calls it")
    whatsapp_token: SecretStr | None = Field(None, description="a system user's token for it")
    whatsapp_app_secret: SecretStr | None = Field(None, description="of the app: its webhooks are signed with that")
    whatsapp_webhook_token: SecretStr | None = Field(None, description="as FACEBOOK_WEBHOOK_TOKEN")
    whatsapp_template: str = Field("", description="template for what is told later than a day; none: it is not told")
    social_listen_host: str = Field("127.0.0.1", description="address of the door for what networks push")
    social_listen_port: int | None = Field(None, ge=1, le=65535, description="its port, behind a proxy with TLS")
    web_public_url: AnyHttpUrl | None = Field(None, description="address of the website, for the receipt's link")
    social_public_url: AnyHttpUrl | None = Field(
        None, description="address by which units reach the door, for photos; none: that of the website"
    )
    evidence_url: str | None = Field(
        None,
        pattern=WHERE,
        description="where photos are kept: file:///FOLDER or s3://BUCKET/PREFIX; none: they are not taken",
    )
    facebook_poll_s: float = Field(600, gt=0, description="seconds between two looks at the page")

    @field_validator("facebook_webhook_token", "whatsapp_webhook_token")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse a word that is too short; an empty file means no word."""
        if value and 0 < len(value.get_secret_value()) < SHORTEST:
            raise PydanticCustomError("too_short", "has fewer than {least} letters", {"least": SHORTEST})
        return value or None

    @field_validator(*_NEEDED)
    @classmethod
    def _complete(cls, value: object, info: ValidationInfo) -> object:
        """Require all credentials of a network that is on."""
        switch = _NEEDED[info.field_name or ""]
        if info.data.get(switch) and not value:
            raise PydanticCustomError("missing", "needed while {switch} is set", {"switch": switch.upper()})
        return value

    @field_validator("evidence_url")
    @classmethod
    def _can_be_opened(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse to keep photos that nobody could open."""
        if value and not info.data.get("social_listen_port"):
            raise PydanticCustomError("missing", "needs SOCIAL_LISTEN_PORT, where units open what is kept")
        return value

    @property
    def takes_photos(self) -> bool:
        """Whether photos are kept."""
        return self.evidence_url is not None

    @property
    def public_url(self) -> str:
        """The address where units open photos, without a slash at the end."""
        here = f"http://{self.social_listen_host}:{self.social_listen_port}"
        return str(self.social_public_url or self.web_public_url or here).rstrip("/")

    @field_validator("social_listen_port")
    @classmethod
    def _has_door(cls, value: int | None, info: ValidationInfo) -> int | None:
        """Require a port if a network pushes."""
        pushing = [name for name in _PUSHING if info.data.get(name)]
        if pushing and not value:
            raise PydanticCustomError("missing", "needed while {switch} is set", {"switch": pushing[0].upper()})
        return value
