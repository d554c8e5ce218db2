"""What a person or a token may do. Each role may do all that the roles before it may."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


class Role(Enum):
    """`VIEWER` reads, `OPERATOR` acknowledges and changes, `ADMIN` manages people and tokens."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may.

        >>> Role.OPERATOR.includes(Role.VIEWER), Role.VIEWER.includes(Role.OPERATOR)
        (True, False)
        """
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


ROLE_NAMES = tuple(role.value for role in Role)


def needs_role(role: Role) -> Callable[[View], View]:
    """A view that only `role` and above may see; others get 403."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.may(role):
                raise PermissionDenied(f"this needs the role {role.value}")
            return view(request, *args, **kwargs)

        return guarded

    return mark


def any_role_may_post(view: View) -> View:
    """A view whose POST changes nothing but the caller's own session, so that a viewer may send it too."""
    view.any_role_may_post = True  # type: ignore[attr-defined]
    return view
