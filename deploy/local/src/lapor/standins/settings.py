"""Settings of the stand-ins, from the environment and from files that it names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chassis.settings import secret

# The account that receives complaints on X; every installation of the stand-ins plays this one.
X_HANDLE = "LaporSoppeng"
SHORT_CODE = "1708"


_NUMBERS = ("port", "smtp_port", "x_window_limit", "mo_retry_s")


class WrongSettings(Exception):
    """One or more variables are missing or unreadable; the message names every one of them."""


def _variable(name: str, default: str | None = None) -> Any:
    metadata = {"variable": name, "default": default}
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field per variable. `url` is our address for services.

    `mo_retry_s` is the pause between two tries of an MO, in seconds. Without
    `smtp_port` no mail is accepted. With `sms_smsc_url`, where a real Kannel has its
    line to us, SMS go to Kannel and not to the door itself."""

    host: str = _variable("STANDINS_HOST", "127.0.0.1")
    port: str = _variable("STANDINS_PORT")
    smtp_port: str = _variable("STANDINS_SMTP_PORT", "")
    state: str = _variable("STANDINS_STATE")
    url: str = _variable("STANDINS_URL", "")
    sms_mo_url: str = _variable("SMS_MO_URL")
    sms_smsc_url: str = _variable("SMS_SMSC_URL", "")
    sms_mo_token: str = _variable("SMS_MO_TOKEN")
    kannel_username: str = _variable("KANNEL_USERNAME")
    kannel_password: str = _variable("KANNEL_PASSWORD")
    x_consumer_key: str = _variable("X_CONSUMER_KEY")
    x_consumer_secret: str = _variable("X_CONSUMER_SECRET")
    x_access_token: str = _variable("X_ACCESS_TOKEN")
    x_access_secret: str = _variable("X_ACCESS_SECRET")
    x_window_limit: str = _variable("STANDINS_X_LIMIT", "10000")
    mo_retry_s: str = _variable("STANDINS_MO_RETRY_S", "2")
    facebook_page_id: str = _variable("FACEBOOK_PAGE_ID", "170800000000001")
    facebook_page_token: str = _variable("FACEBOOK_PAGE_TOKEN", "standin-page-token")
    facebook_app_secret: str = _variable("FACEBOOK_APP_SECRET", "")
    facebook_webhook_token: str = _variable("FACEBOOK_WEBHOOK_TOKEN", "")
    whatsapp_phone_number_id: str = _variable("WHATSAPP_PHONE_NUMBER_ID", "170800000000003")
    whatsapp_token: str = _variable("WHATSAPP_TOKEN", "standin-whatsapp-token")
    whatsapp_app_secret: str = _variable("WHATSAPP_APP_SECRET", "")
    whatsapp_webhook_token: str = _variable("WHATSAPP_WEBHOOK_TOKEN", "")
    whatsapp_webhook_url: str = _variable("WHATSAPP_WEBHOOK_URL", "")
    facebook_webhook_url: str = _variable("FACEBOOK_WEBHOOK_URL", "")

    @property
    def state_file(self) -> Path:
        return Path(self.state)

    @property
    def photos(self) -> Path:
        """The folder with photos of citizens."""
        return Path(f"{self.state}.photos")

    @property
    def public_url(self) -> str:
        """Our address for services."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises: WrongSettings, naming each variable that is missing or isn't a number."""
    values: dict[str, str] = {}
    wrong: list[str] = []
    for each in fields(Settings):
        name = str(each.metadata["variable"])
        try:
            value = secret(name, environment) or each.metadata["default"]
        except ValueError as error:
            wrong.append(f"{name}: {error}")
            continue
        if value is None:
            wrong.append(f"{name} is missing")
        elif value and each.name in _NUMBERS and not value.replace(".", "", 1).isdigit():
            wrong.append(f"{name} must be a number")
        else:
            values[each.name] = value
    if wrong:
        raise WrongSettings("; ".join(wrong))
    return Settings(**values)
