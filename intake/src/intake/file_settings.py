"""Where a service keeps its files: a folder, or a bucket."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings

#: The address of a store.
WHERE = r"^(file:///|s3://)\S+$"


class BucketSettings(BaseSettings):
    """The settings for opening a bucket."""

    evidence_s3_endpoint: AnyHttpUrl | None = Field(None, description="where the bucket is; without it at Amazon")
    evidence_s3_region: str | None = Field(None, description="its region")
    evidence_s3_access_key: SecretStr | None = Field(None, description="who the service is there")
    evidence_s3_secret_key: SecretStr | None = Field(None, description="and the secret of that account")

    @property
    def evidence_s3(self) -> dict[str, str]:
        """The options for opening a bucket."""
        given = {
            "endpoint": self.evidence_s3_endpoint and str(self.evidence_s3_endpoint).rstrip("/"),
            "region": self.evidence_s3_region,
            "access_key_id": self.evidence_s3_access_key and self.evidence_s3_access_key.get_secret_value(),
            "secret_access_key": self.evidence_s3_secret_key and self.evidence_s3_secret_key.get_secret_value(),
        }
        return {name: value for name, value in given.items() if value}


class FileSettings(BucketSettings):
    """The settings of a service that keeps files."""

    evidence_url: str = Field(pattern=WHERE, description="where photos are kept: file:///FOLDER or s3://BUCKET/PREFIX")
