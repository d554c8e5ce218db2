"""The site, served by gunicorn until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import socket
from typing import Any

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from metering.settings import Settings
from metering.tariff_file import FILE_NAME
from metering.telemetry import Log
from serving.database import reaching_postgresql
from serving.errors import BadInput
from serving.patience import limit_waiting
from serving.probes import missing_migrations
from serving.tariff import machine_tariff

log = Log("serving")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve; gives 0 when asked to stop.

    Raises ServiceAway, BadSettings where the tariff is faulty, BadInput where migrations are not applied.
    """
    _check(options)
    if not machine_tariff().versions:
        log.warning("machines have no prices", want=str(settings.conf / FILE_NAME))
    with reaching_postgresql():
        missing = missing_migrations()
    if missing:
        raise BadInput(f"{len(missing)} migrations are not applied: run `python -m serving migrate`")
    connections.close_all()  # the workers are forks and must not share a connection
    _collect_static_files(settings)
    log.info("the site starts", address=f"http://{options.bind}:{options.port}/")
    try:
        _Gunicorn(options).run()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _check(options: argparse.Namespace) -> None:
    limits = {"port": (1, 65_535), "workers": (1, 64), "threads": (1, 256)}
    faults = [
        f"--{name}={getattr(options, name)}: want {low} … {high}"
        for name, (low, high) in limits.items()
        if not low <= getattr(options, name) <= high
    ]
    if faults:
        raise BadInput(*faults)
    try:
        family, *_, address = socket.getaddrinfo(options.bind, options.port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        raise BadInput(f"--bind={options.bind} --port={options.port}: {error.strerror}") from error


def _collect_static_files(settings: Settings) -> None:
    """Hash and compress them into the home, within a second."""
    try:
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["redoc*"])
    except OSError as error:
        raise BadInput(f"LAMBDAMETER_HOME={str(settings.home)!r}: {error.strerror}; want a folder of yours") from error


class _Lines(Logger):
    """Gunicorn's lines as lines of ours."""

    def setup(self, cfg: Any) -> None:
        self.error_log = logging.getLogger("serving.gunicorn")
        self.access_log = logging.getLogger("serving.access")
        self.access_log.disabled = True


class _Gunicorn(BaseApplication):
    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._options.bind}]" if ":" in self._options.bind else self._options.bind
        chosen = {
            "bind": f"{host}:{self._options.port}",
            "workers": self._options.workers,
            "threads": self._options.threads,
            "worker_class": "gthread",
            "logger_class": _Lines,
            "graceful_timeout": 10,
            "timeout": 60,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)
        # Newer versions open a socket to be commanded by; older ones know no such setting.
        if "control_socket_disable" in self.cfg.settings:
            self.cfg.set("control_socket_disable", True)

    def load(self) -> Any:
        limit_waiting()
        return get_wsgi_application()
