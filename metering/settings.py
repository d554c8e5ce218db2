"""Settings: the one place that reads the environment.

Order of rank: command line, environment (`NAME`, then the file that `NAME_FILE` names), `conf/settings.env`
(another folder by LAMBDAMETER_CONF), `$LAMBDAMETER_HOME/stack.env`, default.
All faults are named at once, before anything starts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.domain.panes import USUAL_RULES, PaneRules
from metering.settings_source import (
    Source,
    database_url,
    hosts,
    long_enough,
    one_of,
    owner_only,
    positive,
    post_address,
    read_env_file,
    redis_url,
    servers,
    some,
    web_address,
    whole,
    zone_name,
)

__all__ = [
    "DEFAULT_HOME", "NEEDS", "KafkaSettings", "Settings", "child_environment", "failpoint", "load", "read_env_file",
    "set_process_environment",
]  # fmt: skip

DEFAULT_HOME = "./.lambdameter"


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach Kafka. Security fields are None where the listener is plain."""

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None

    def client_options(self) -> dict[str, object]:
        """Keyword arguments for every kafka-python client."""
        options: dict[str, object] = {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol,
        }
        if self.sasl_mechanism:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        if self.ssl_cafile:
            options["ssl_cafile"] = self.ssl_cafile
        return options


@dataclass(frozen=True)
class Settings:
    """What the layers share; a command reads only the fields it declares it needs."""

    home: Path
    conf: Path
    kafka: KafkaSettings
    database_url: str = field(repr=False)
    archive: str
    secret_key: str = field(repr=False)
    slice_s: float
    slice_rows: int
    max_age_days: int
    max_ahead_s: int
    grace_s: int
    invoice_grace_s: int
    log_format: str
    spark_master: str
    keep_superseded_s: int
    allowed_hosts: tuple[str, ...]
    public_url: str
    redis_url: str | None = field(repr=False)
    score_max_age_s: int
    offer_zone: str
    webhook_url: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    panes: PaneRules


def _no_default(name: str) -> str:
    return f"{name} of your own, or `lambdameter stack up`, which writes it to $LAMBDAMETER_HOME/stack.env"


NEEDS = ("kafka", "database", "redis", "archive", "secret", "webhook")
"""What a command may need. A fault in what it does not need does not stop it."""


def load(
    *needs: str,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read all settings by rank.

    `needs`: which of NEEDS must be there; the others are empty where unset.
    Raises BadSettings with every fault. Reading again gives the same.
    """
    process = os.environ if environ is None else environ
    given = dict(overrides or {})
    first = Source(given, process)
    conf = Path(first.text("LAMBDAMETER_CONF") or "conf")
    in_conf = read_env_file(conf / "settings.env")
    home = Path(Source(given, process, in_conf).text("LAMBDAMETER_HOME") or DEFAULT_HOME).absolute()
    stack_env = home / "stack.env"
    source = Source(given, process, in_conf, read_env_file(stack_env))
    if not owner_only(stack_env):
        source.faults.append(f"{stack_env} holds secrets and others may read it: run `chmod 600 {stack_env}`")
    settings = Settings(
        home=home,
        conf=conf,
        kafka=_kafka(source, needed="kafka" in needs),
        database_url=_need(
            source, "database" in needs, "DATABASE_URL", database_url,
            "postgresql://user:password@host:port/name;"),
        redis_url=_need(source, "redis" in needs, "REDIS_URL", redis_url, "redis://:password@host:port/0;") or None,
        score_max_age_s=source.take(
            "LAMBDAMETER_SCORE_MAX_AGE_S", 172_800, whole(1, 3_153_600_000), "whole seconds, such as 172800"),
        offer_zone=source.take("LAMBDAMETER_OFFER_ZONE", "UTC", zone_name, "an IANA zone, such as Europe/Madrid"),
        panes=_panes(source),
        webhook_url=_webhook(
            source, "webhook" in needs, "LAMBDAMETER_WEBHOOK_URL", post_address,
            "where alerts are posted, such as https://alerts.example.org/lambdameter"),
        webhook_secret=_webhook(
            source, "webhook" in needs, "LAMBDAMETER_WEBHOOK_SECRET", long_enough,
            "at least 32 characters that the receiver knows too"),
        archive=_need(source, "archive" in needs, "LAMBDAMETER_ARCHIVE", some, "a path or URI;"),
        secret_key=_need(source, "secret" in needs, "SECRET_KEY", long_enough, "at least 32 characters;"),
        slice_s=source.take("LAMBDAMETER_SLICE_S", 5.0, positive, "seconds, such as 5"),
        slice_rows=source.take(
            "LAMBDAMETER_SLICE_ROWS", 1_000_000, whole(1, 10**9), "events a slice, such as 1000000"),
        max_age_days=source.take(
            "LAMBDAMETER_MAX_AGE_DAYS", 35, whole(0, 36_500), "whole days, such as 35 (0 = no limit)"),
        max_ahead_s=source.take("LAMBDAMETER_MAX_AHEAD_S", 300, whole(0, 86_400), "whole seconds, such as 300"),
        grace_s=source.take("LAMBDAMETER_GRACE_S", 600, whole(0, 604_800), "whole seconds, such as 600"),
        invoice_grace_s=source.take(
            "LAMBDAMETER_INVOICE_GRACE_S", 259_200, whole(0, 31_536_000), "whole seconds, such as 259200"),
        keep_superseded_s=source.take(
            "LAMBDAMETER_KEEP_SUPERSEDED_S", 3600, whole(0, 604_800), "whole seconds, such as 3600"),
        log_format=source.take("LAMBDAMETER_LOG", "auto", one_of("auto", "text", "json"), "auto, text or json"),
        spark_master=source.take("LAMBDAMETER_SPARK_MASTER", "local[2]", some, "a Spark master, such as local[2]"),
        allowed_hosts=source.take(
            "LAMBDAMETER_ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"), hosts, "host names with commas between"),
        public_url=source.take(
            "LAMBDAMETER_PUBLIC_URL", "", web_address, "the address people use, such as https://usage.example.org"),
    )
    if source.faults:
        raise BadSettings(source.faults)
    return settings


def _need(source: Source, needed: bool, name: str, parse: Callable[[str], str], want: str) -> str:
    if needed:
        return source.require(name, parse, f"{want} {_no_default(name)}")
    return source.take(name, "", parse, want)


def _panes(source: Source) -> PaneRules:
    usual = USUAL_RULES
    return PaneRules(
        early_s=source.take("LAMBDAMETER_PANE_EARLY_S", usual.early_s, whole(1, 86_400), "whole seconds, such as 10"),
        late_s=source.take("LAMBDAMETER_PANE_LATE_S", usual.late_s, whole(1, 86_400), "whole seconds, such as 30"),
        lateness_s=source.take(
            "LAMBDAMETER_PANE_LATENESS_S", usual.lateness_s, whole(0, 604_800), "whole seconds, such as 3600"),
        bound_s=source.take("LAMBDAMETER_PANE_BOUND_S", usual.bound_s, whole(0, 3600), "whole seconds, such as 5"),
    )


def _webhook(source: Source, needed: bool, name: str, parse: Callable[[str], str], want: str) -> str:
    """Of these nothing is written by the local stack."""
    return source.require(name, parse, want) if needed else source.take(name, "", parse, want)


def _kafka(source: Source, *, needed: bool) -> KafkaSettings:
    protocol = source.take(
        "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
    mechanism = source.text("KAFKA_SASL_MECHANISM")
    kafka = KafkaSettings(
        bootstrap_servers=_need(source, needed, "KAFKA_BOOTSTRAP_SERVERS", servers, "host:port[,host:port];"),
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        sasl_username=source.text("KAFKA_SASL_USERNAME"),
        sasl_password=source.text("KAFKA_SASL_PASSWORD"),
        ssl_cafile=source.text("KAFKA_SSL_CAFILE"),
    )
    if protocol.startswith("SASL") and not (mechanism and kafka.sasl_username and kafka.sasl_password):
        source.faults.append(
            f"KAFKA_SECURITY_PROTOCOL={protocol!r}: want KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and "
            "KAFKA_SASL_PASSWORD too")
    return kafka


def child_environment(**extra: str) -> dict[str, str]:
    """This process's environment with `extra` laid over it, for a program it starts."""
    return {**os.environ, **extra}


def set_process_environment(**values: str) -> None:
    """Set variables that libraries read from this process's environment (Spark's, for one)."""
    os.environ.update(values)


def failpoint() -> tuple[str, str] | None:
    """Where this process shall stop for a drill, and the folder for its mark; None, as ever but in a drill."""
    name = os.environ.get("LAMBDAMETER_FAILPOINT")
    return (name, os.environ.get("LAMBDAMETER_FAILPOINT_DIR", ".")) if name else None
