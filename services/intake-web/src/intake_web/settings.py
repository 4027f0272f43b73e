"""Every environment variable of intake-web."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from chassis.limits import Network
from intake.submissions import IntakeSettings

T = TypeVar("T")
#: A variable that may be empty.
Optional = Annotated[T | None, BeforeValidator(lambda value: value or None)]


class WebSettings(IntakeSettings):
    """What intake-web reads besides what every intake reads."""

    web_host: str = Field("127.0.0.1", description="address of the website and its API")
    web_port: int = Field(ge=1, le=65535, description="port of the website and its API")
    web_public_url: AnyHttpUrl | None = Field(
        None, description="address by which citizens reach it; without it http://WEB_HOST:WEB_PORT"
    )
    web_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks of our own proxies, with commas: they say in X-Forwarded-For who asks"
    )
    web_takes_per_s: float = Field(
        20, ge=1, description="complaints and additions a second from all together; more hear 429"
    )
    web_answer_within_s: float = Field(5, gt=0, description="seconds for the database, then the answer is 503")
    evidence_url: str = Field(
        pattern=r"^(file:///|s3://)\S+$", description="where photos are kept: file:///FOLDER or s3://BUCKET/PREFIX"
    )
    evidence_s3_endpoint: Optional[AnyHttpUrl] = Field(None, description="where the bucket is; without it at Amazon")
    evidence_s3_region: Optional[str] = Field(None, description="its region")
    evidence_s3_access_key: Optional[SecretStr] = Field(None, description="who intake-web is there")
    evidence_s3_secret_key: Optional[SecretStr] = Field(None, description="and the secret of that account")
    web_stop_within_s: float = Field(10, gt=0, description="seconds that requests in hand may take at a stop")

    @field_validator("web_trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [network.strip() for network in value.split(",") if network.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _two_doors(self) -> Self:
        if self.web_port == self.http_port and self.web_host == self.http_host:
            raise ValueError("WEB_PORT and HTTP_PORT must differ")
        return self

    @property
    def evidence_s3(self) -> dict[str, str]:
        """What a bucket is opened with."""
        given = {
            "endpoint": self.evidence_s3_endpoint and str(self.evidence_s3_endpoint).rstrip("/"),
            "region": self.evidence_s3_region,
            "access_key_id": self.evidence_s3_access_key and self.evidence_s3_access_key.get_secret_value(),
            "secret_access_key": self.evidence_s3_secret_key and self.evidence_s3_secret_key.get_secret_value(),
        }
        return {name: value for name, value in given.items() if value}

    @property
    def public_url(self) -> str:
        """Where links point, without a slash at the end."""
        return str(self.web_public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")
