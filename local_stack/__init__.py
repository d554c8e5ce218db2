"""Kafka, PostgreSQL and Redis on this machine, from packages: no root, no container, no account, loopback only."""

from local_stack.service import Service, ServiceStatus
from local_stack.stack import Stack

__all__ = ["Service", "ServiceStatus", "Stack"]
