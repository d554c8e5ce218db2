"""Settings: ranks, faults, secrets by file."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.domain.errors import BadSettings
from metering.domain.panes import PaneRules
from metering.settings import load

GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/db",
    "LAMBDAMETER_ARCHIVE": "/tmp/archive",
    "SECRET_KEY": "x" * 40,
    "REDIS_URL": "redis://:p@127.0.0.1:6379/0",
}
NO_REDIS = [
    "127.0.0.1:6379", "http://127.0.0.1:6379", "redis://", "redis://:hidden@/0", "redis://:hidden@h:0/0",
    "redis://:hidden@h:99999/0", "redis://:hidden@h:6379/users", "unix:", "unix:///", "",
]


def test_every_fault_is_named_at_once() -> None:
    environ = GOOD | {
        "LAMBDAMETER_GRACE_S": "2h", "LAMBDAMETER_SLICE_S": "0", "KAFKA_BOOTSTRAP_SERVERS": "nowhere",
        "DATABASE_URL": "mysql://x"}

    with pytest.raises(BadSettings) as caught:
        load("kafka", "database", environ=environ)

    named = [fault.split("=")[0] for fault in caught.value.faults]
    assert sorted(named) == ["DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "LAMBDAMETER_GRACE_S", "LAMBDAMETER_SLICE_S"]
    assert "LAMBDAMETER_GRACE_S='2h': want whole seconds, such as 600" in caught.value.faults


def test_what_a_command_does_not_need_may_be_absent(tmp_path: Path) -> None:
    environ = {"LAMBDAMETER_HOME": str(tmp_path), "DATABASE_URL": GOOD["DATABASE_URL"]}

    assert load("database", environ=environ).archive == ""
    with pytest.raises(BadSettings, match="KAFKA_BOOTSTRAP_SERVERS is not set"):
        load("kafka", "database", environ=environ)


def test_the_command_line_beats_the_environment_beats_conf_beats_the_stack(tmp_path: Path) -> None:
    conf, home = tmp_path / "conf", tmp_path / "home"
    conf.mkdir()
    home.mkdir()
    (conf / "settings.env").write_text("# ours\nLAMBDAMETER_GRACE_S = 2\nLAMBDAMETER_MAX_AHEAD_S=2\n")
    (home / "stack.env").write_text("LAMBDAMETER_GRACE_S=1\nLAMBDAMETER_MAX_AHEAD_S=1\nLAMBDAMETER_MAX_AGE_DAYS=1\n")
    (home / "stack.env").chmod(0o600)
    environ = {"LAMBDAMETER_CONF": str(conf), "LAMBDAMETER_HOME": str(home), "LAMBDAMETER_GRACE_S": "3"}

    found = load(overrides={"LAMBDAMETER_SLICE_S": "4"}, environ=environ | {"LAMBDAMETER_SLICE_S": "3"})

    assert (found.slice_s, found.grace_s, found.max_ahead_s, found.max_age_days) == (4.0, 3, 2, 1)


def test_a_secret_may_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:hidden@h/db\n")

    found = load("database", environ={"LAMBDAMETER_HOME": str(tmp_path), "DATABASE_URL_FILE": str(secret)})

    assert found.database_url == "postgresql://u:hidden@h/db"
    assert "hidden" not in repr(found)
    with pytest.raises(BadSettings, match="DATABASE_URL_FILE='/absent': cannot be read"):
        load("database", environ={"LAMBDAMETER_HOME": str(tmp_path), "DATABASE_URL_FILE": "/absent"})


def test_a_fault_never_shows_a_secret() -> None:
    with pytest.raises(BadSettings) as caught:
        load("database", "secret", environ=GOOD | {"DATABASE_URL": "mysql://u:hidden@h/db", "SECRET_KEY": "hidden"})

    assert len(caught.value.faults) == 2
    assert "hidden" not in str(caught.value)


def test_a_stack_file_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.env").write_text("SECRET_KEY=abc\n")
    (tmp_path / "stack.env").chmod(0o644)

    with pytest.raises(BadSettings, match="chmod 600"):
        load(environ={"LAMBDAMETER_HOME": str(tmp_path)})


def test_sasl_wants_its_three_companions() -> None:
    with pytest.raises(BadSettings, match="want KAFKA_SASL_MECHANISM"):
        load("kafka", environ=GOOD | {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})


@pytest.mark.parametrize("url", [
    "redis://127.0.0.1:6379", "redis://:p@h:6379/0", "rediss://ana:p%40@redis.example.org:6380/12",
    "redis://[::1]:6379/0", "unix:///run/redis/redis.sock?db=1"])
def test_redis_is_named_by_a_url_or_not_at_all(url: str) -> None:
    assert load("redis", environ={"REDIS_URL": url}).redis_url == url
    assert "p%40" not in repr(load(environ={"REDIS_URL": url}))


@pytest.mark.parametrize("url", NO_REDIS)
def test_what_is_no_address_of_redis_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(BadSettings, match=r"^REDIS_URL=\(not shown\): want redis://") as caught:
        load(environ={"REDIS_URL": url})

    assert "hidden" not in str(caught.value)


def test_redis_is_wanted_by_those_who_need_it_only(tmp_path: Path) -> None:
    environ = {"LAMBDAMETER_HOME": str(tmp_path)}

    assert load(environ=environ).redis_url is None
    with pytest.raises(BadSettings, match="REDIS_URL is not set"):
        load("redis", environ=environ)


def test_offers_have_an_age_and_a_zone(tmp_path: Path) -> None:
    environ = {"LAMBDAMETER_HOME": str(tmp_path)}
    own = environ | {"LAMBDAMETER_SCORE_MAX_AGE_S": "60", "LAMBDAMETER_OFFER_ZONE": "Europe/Madrid"}

    usual, found = load(environ=environ), load(environ=own)

    assert (usual.score_max_age_s, usual.offer_zone) == (172_800, "UTC")
    assert (found.score_max_age_s, found.offer_zone) == (60, "Europe/Madrid")


def test_panes_fire_by_the_settings() -> None:
    own = {"EARLY_S": "1", "LATE_S": "2", "LATENESS_S": "0", "BOUND_S": "0"}

    assert load(environ={}).panes == PaneRules(early_s=10, late_s=30, lateness_s=3600, bound_s=5)
    assert load(environ={f"LAMBDAMETER_PANE_{name}": text for name, text in own.items()}).panes == PaneRules(1, 2, 0, 0)


def test_times_of_panes_that_are_none_are_named() -> None:
    wrong = {"EARLY_S": "0", "LATE_S": "1.5", "LATENESS_S": "-1", "BOUND_S": "1h"}
    with pytest.raises(BadSettings) as caught:
        load(environ={f"LAMBDAMETER_PANE_{name}": text for name, text in wrong.items()})

    assert [fault.split("=")[0] for fault in caught.value.faults] == [f"LAMBDAMETER_PANE_{name}" for name in wrong]


@pytest.mark.parametrize("zone", ["", "Madrid", "America", "../etc/passwd", "/etc/localtime", "+02:00", "\0"])
@pytest.mark.parametrize("age", ["0", "-1", "2d"])
def test_no_zone_and_no_age_are_named(zone: str, age: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load(environ={"LAMBDAMETER_OFFER_ZONE": zone, "LAMBDAMETER_SCORE_MAX_AGE_S": age})

    assert [fault.split("=")[0] for fault in caught.value.faults] == [
        "LAMBDAMETER_SCORE_MAX_AGE_S", "LAMBDAMETER_OFFER_ZONE"]


@pytest.mark.parametrize(
    "url",
    ["ftp://h/x", "http://", "http://u:hidden@h/x", "http://h:99999/hidden", "http://h:0/", "http://h/#hidden", ""])
def test_a_webhooks_address_that_is_none_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load("webhook", environ={"LAMBDAMETER_WEBHOOK_URL": url, "LAMBDAMETER_WEBHOOK_SECRET": "hidden"})

    assert [fault.split("=")[0] for fault in caught.value.faults] == [
        "LAMBDAMETER_WEBHOOK_URL", "LAMBDAMETER_WEBHOOK_SECRET"]
    assert "hidden" not in str(caught.value)


def test_a_webhooks_address_stays_as_it_stands() -> None:
    url = "https://hooks.example.org:8443/a/b/?key=1"

    found = load("webhook", environ={"LAMBDAMETER_WEBHOOK_URL": url, "LAMBDAMETER_WEBHOOK_SECRET": "s" * 32})

    assert (found.webhook_url, found.webhook_secret) == (url, "s" * 32)
    assert "hooks" not in repr(found)
