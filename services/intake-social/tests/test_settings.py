"""Settings: all missing ones are named together, and no value is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from intake_social.settings import SocialSettings

Make = Callable[..., SocialSettings]
X = ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_secret")


def test_all_missing_credentials_are_named_at_once(make_settings: Make) -> None:
    with pytest.raises(ValidationError) as refused:
        make_settings(**dict.fromkeys(X), facebook_enabled=True, facebook_page_id="1")
    missing = [(str(problem["loc"][0]), problem["type"]) for problem in refused.value.errors()]
    of_facebook = ("facebook_page_token", "facebook_app_id", "facebook_app_secret")
    assert [(name, "missing") for name in (*X, *of_facebook)] == missing


def test_a_network_that_pushes_needs_all_its_secrets_and_the_door(make_settings: Make) -> None:
    with pytest.raises(ValidationError) as refused:
        make_settings(whatsapp_enabled=True, whatsapp_webhook_token="pendek")
    found = [(str(problem["loc"][0]), problem["type"]) for problem in refused.value.errors()]

    missing = ["whatsapp_phone_number_id", "whatsapp_token", "whatsapp_app_secret"]
    assert [
        *((name, "missing") for name in missing),
        ("whatsapp_webhook_token", "too_short"),
        ("social_listen_port", "missing"),
    ] == found


def test_facebook_without_a_word_for_its_webhooks_is_only_asked(make_settings: Make) -> None:
    facebook = {f"facebook_{name}": "1" for name in ("page_id", "page_token", "app_id", "app_secret")}

    assert make_settings(facebook_enabled=True, facebook_webhook_token="", **facebook).facebook_webhook_token is None
    with pytest.raises(ValidationError, match="needed while FACEBOOK_WEBHOOK_TOKEN is set"):
        make_settings(facebook_enabled=True, facebook_webhook_token="x" * 16, **facebook)


def test_an_empty_credential_is_a_missing_one(make_settings: Make) -> None:
    with pytest.raises(ValidationError, match="needed while X_ENABLED is set"):
        make_settings(x_access_secret="")


def test_photos_are_taken_where_there_is_a_place_for_them_and_a_door_to_open_them(make_settings: Make) -> None:
    kept = "file:///evidence"
    with pytest.raises(ValidationError, match="needs SOCIAL_LISTEN_PORT"):
        make_settings(evidence_url=kept)
    of_the_website = make_settings(evidence_url=kept, social_listen_port=8082, web_public_url="https://lapor.example/")
    own = make_settings(evidence_url=kept, social_listen_port=8082, social_public_url="https://medsos.example")

    assert (False, False) == (make_settings().takes_photos, make_settings(evidence_url="").takes_photos)
    assert "https://lapor.example" == of_the_website.public_url
    assert "https://medsos.example" == own.public_url


def test_a_network_that_is_off_needs_no_credentials(make_settings: Make) -> None:
    assert not make_settings(**dict.fromkeys(X), x_enabled=False).facebook_enabled


def test_settings_missing_from_the_environment_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SocialSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(ValidationError) as refused:
        SocialSettings.model_validate({})
    assert {*X, "kafka_password", "database_url"} <= {str(problem["loc"][0]) for problem in refused.value.errors()}


def test_no_credential_is_shown(make_settings: Make) -> None:
    assert "consumer-secret" not in repr(make_settings())


@pytest.mark.parametrize("name", ["x_poll_s", "facebook_poll_s"])
def test_a_pause_of_nothing_is_refused(make_settings: Make, name: str) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        make_settings(**{name: 0})
