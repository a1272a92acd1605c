"""Settings of a bundle."""

from pathlib import Path

import pytest

from peacestance.predicting import Settings
from peacestance.schema import UserError


def test_settings_come_from_a_bundle() -> None:
    settings = Settings.from_bundle({"second_speaker_threshold": 0.4}, {"link": 2.0}, Path("m"))
    assert settings.second_speaker_threshold == 0.4
    assert settings.temperature("link") == 2.0
    assert settings.temperature("stance") == 1.0


@pytest.mark.parametrize("decode", [{"second_threshold": 0.3}, {"reporter_bias": "much"}])
def test_settings_that_are_not_known_are_refused(decode: dict[str, object]) -> None:
    with pytest.raises(UserError, match="decode holds") as caught:
        Settings.from_bundle(decode, {}, Path("m"))
    assert next(iter(decode)) in str(caught.value)
