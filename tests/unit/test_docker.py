"""docker/: what can be said of the compose file and the image without Docker."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from metering.settings import load
from metering.spark.jars import SETS
from tests.lib.programs import ROOT, parse, settings_names

DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
FROM = re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

NEEDS = {"speed": ("kafka", "database", "redis", "archive"), "batch": ("kafka", "database", "archive"),
         "migrate": ("database",), "ml": ("database", "redis", "archive"), "site": ("database", "redis", "secret")}


def environment(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment", {})


def programs(service: str) -> list[str]:
    """The Python programs in a service's health check."""
    test = SERVICES[service].get("healthcheck", {}).get("test", [])
    return [test[3]] if test[1:3] == ["python", "-c"] else []


@pytest.mark.parametrize("image", [*FROM, *(service["image"] for service in SERVICES.values())])
def test_every_image_names_an_exact_version(image: str) -> None:
    assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z-]+)?$", image), image


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_keeps_running_has_a_health_check_and_starts_again(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    one_shot = check.get("disable", False)
    assert one_shot or {"test", "interval", "timeout", "retries", "start_period"} <= check.keys()
    assert SERVICES[service]["restart"] == ("on-failure:3" if one_shot else "unless-stopped")


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_waits_for_can_come_true(service: str) -> None:
    for other, how in SERVICES[service].get("depends_on", {}).items():
        ends = SERVICES[other]["healthcheck"].get("disable", False)
        assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_the_layers_wait_for_kafka_and_tables_and_the_site_for_tables() -> None:
    assert set(SERVICES["speed"]["depends_on"]) == set(SERVICES["batch"]["depends_on"]) == {"kafka", "migrate"}
    assert set(SERVICES["site"]["depends_on"]) == {"migrate"}
    assert set(SERVICES["migrate"]["depends_on"]) == {"postgres"}


def test_redis_is_reached_by_password_within_the_compose_network_only_and_nothing_that_counts_waits_for_it() -> None:
    assert "ports" not in SERVICES["redis"]
    assert SERVICES["redis"]["command"][1] == "/run/secrets/redis_conf"
    assert [name for name, service in SERVICES.items() if "redis" in service.get("depends_on", {})] == ["ml"]
    assert SERVICES["ml"]["profiles"] == ["model"]


@pytest.mark.parametrize("service", OURS)
def test_every_command_is_one_that_the_program_takes(service: str) -> None:
    parse(OURS[service]["command"])


@pytest.mark.parametrize("service", OURS)
def test_every_setting_is_known_and_enough_for_the_program(service: str, tmp_path: Path) -> None:
    given = environment(service)
    assert {name.removesuffix("_FILE") for name in given} <= settings_names()
    secrets = {"database_url": "postgresql://me:word@postgres:5432/lambdameter", "secret_key": "k" * 64,
               "redis_url": "redis://:word@redis:6379/0"}
    for name, text in secrets.items():
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    home = {"LAMBDAMETER_HOME": str(tmp_path), "LAMBDAMETER_CONF": str(tmp_path)}
    environ = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in given.items()}
    settings = load(*NEEDS[service], environ=environ | home)
    assert settings.database_url == secrets["database_url"]
    assert settings.redis_url == (secrets["redis_url"] if "redis" in NEEDS[service] else None)


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_come_from_files_only(service: str) -> None:
    declared = SERVICES[service].get("secrets", [])
    for name, value in environment(service).items():
        if re.search(r"PASSWORD|SECRET|DATABASE_URL|REDIS_URL", name):
            assert name.endswith("_FILE")
            assert value.removeprefix("/run/secrets/") in declared
        assert not re.search(r"://[^/\s]+:[^/\s]+@", value)
    assert set(declared) <= COMPOSE["secrets"].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_no_port_is_published_beyond_this_machine(service: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))
    assert "network_mode" not in SERVICES[service]
    assert not SERVICES[service].get("privileged")


def test_nothing_runs_as_root() -> None:
    last_user = re.findall(r"^USER (\S+)", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1]
    assert last_user not in ("root", "0")
    assert all(service["user"] not in ("root", "0") for name, service in SERVICES.items() if name not in OURS)
    assert all(service["cap_drop"] == ["ALL"] for service in SERVICES.values())


def test_both_layers_write_the_archive_the_site_and_the_model_look_and_no_other_volume_is_shared() -> None:
    mounted: dict[str, list[str]] = {}
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            mounted.setdefault(volume.split(":")[0], []).append(f"{name}{volume.partition('/archive')[2]}")
    assert sorted(mounted.pop("archive")) == ["batch", "ml:ro", "site:ro", "speed"]
    assert all(len(users) == 1 for users in mounted.values()), mounted
    assert mounted.keys() | {"archive"} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize("service", OURS)
def test_the_programs_in_health_checks_are_python(service: str) -> None:
    for program in programs(service):
        compile(program, service, "exec")


def test_versions_are_those_of_the_local_stack() -> None:
    kafka = next(module.revision for jar_set in SETS for module in jar_set.modules if module.name == "kafka_2.13")
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka}"
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")
    version = _setup()["metadata"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"lambdameter:{version}"}


def test_docker_holds_data_only() -> None:
    assert not list(DOCKER.rglob("*.py"))


def test_the_image_is_given_every_package_and_nothing_it_does_not_need() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = {pattern.rstrip("*") for pattern in _setup()["options.packages.find"]["include"].split()}
    assert lines[0] == "*"
    assert packages <= allowed
    assert all((ROOT / name).exists() for name in allowed)


def test_the_wheel_takes_every_file_that_the_packages_hold() -> None:
    setup = _setup()
    tops = {pattern.rstrip("*") for pattern in setup["options.packages.find"]["include"].split()}
    patterns = [pattern.strip() for pattern in setup["options.package_data"]["*"].split(",")]
    packages = [folder.parent for top in tops for folder in (ROOT / top).rglob("__init__.py")]
    taken = {file for package in packages for pattern in patterns for file in package.glob(pattern)}
    held = {file for top in tops for file in (ROOT / top).rglob("*") if file.is_file()}
    left_out = {file for file in held - taken if file.suffix not in (".py", ".pyc")}
    assert not left_out, sorted(str(file.relative_to(ROOT)) for file in left_out)


def _setup() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser
