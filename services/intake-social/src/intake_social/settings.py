"""The settings of intake-social."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from intake.submissions import IntakeSettings

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
}


class SocialSettings(IntakeSettings):
    """What intake-social reads from the environment."""

    x_enabled: bool = Field(True, description="read mentions on X and answer them")
    x_api_url: str | None = Field(None, description="in place of X's own address; unset in production")
    x_consumer_key: SecretStr | None = Field(None, description="the app's key")
    x_consumer_secret: SecretStr | None = Field(None, description="the app's secret")
    x_access_token: SecretStr | None = Field(None, description="the account's OAuth 1.0a token")
    x_access_secret: SecretStr | None = Field(None, description="the account's OAuth 1.0a secret")
    x_poll_s: float = Field(25, gt=0, description="seconds between two looks at the mentions")
    facebook_enabled: bool = Field(False, description="read visitors' posts on the page and answer them")
    facebook_graph_url: str | None = Field(None, description="in place of Graph's own address; unset in production")
    facebook_graph_version: str = Field("v26.0", description="version of Graph")
    facebook_page_id: str | None = Field(None, description="the kabupaten's page")
    facebook_page_token: SecretStr | None = Field(None, description="its page token")
    facebook_app_id: str | None = Field(None, description="the app; as it we ask when the page token ends")
    facebook_app_secret: SecretStr | None = Field(None, description="signs every call")
    web_public_url: AnyHttpUrl | None = Field(None, description="address of the website, for the receipt's link")
    facebook_poll_s: float = Field(600, gt=0, description="seconds between two looks at the page")

    @field_validator(*_NEEDED)
    @classmethod
    def _complete(cls, value: object, info: ValidationInfo) -> object:
        """A network that is on needs all its credentials."""
        switch = _NEEDED[info.field_name or ""]
        if info.data.get(switch) and not value:
            raise PydanticCustomError("missing", "needed while {switch} is on", {"switch": switch.upper()})
        return value
