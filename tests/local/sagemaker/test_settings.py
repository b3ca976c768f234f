"""The machine's numbers can be changed from outside."""

import pytest

from local.sagemaker.settings import Settings


def test_a_setting_is_changed_by_its_variable() -> None:
    settings = Settings.from_environment(
        {"LOCAL_SAGEMAKER_JOBS_AT_ONCE": "3", "LOCAL_SAGEMAKER_HEALTH_CHECK_SECONDS": "12.5", "PATH": "/bin"}
    )
    assert (settings.jobs_at_once, settings.health_check_seconds) == (3, 12.5)
    assert settings.job_limit == Settings().job_limit


def test_a_setting_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="many"):
        Settings.from_environment({"LOCAL_SAGEMAKER_JOBS_AT_ONCE": "many"})
