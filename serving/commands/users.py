"""`users`: load users and their quotas from a CSV file into user_metadata."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from django.db import connection, transaction

from metering.settings import Settings
from serving.csv_file import read_bytes
from serving.database import reaching_postgresql
from serving.errors import BadInput
from serving.schema.models import UserMetadata
from serving.user_list import User, read_user_list


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Load the file and tell what changed."""
    users = read_user_list(read_bytes(options.file))
    with reaching_postgresql():
        added, changed = load_users(users)
    print(f"added {added}, changed {changed}, unchanged {len(users) - added - changed}")


@transaction.atomic
def load_users(users: Iterable[User]) -> tuple[int, int]:
    """Add or change `users` by id; gives how many were added and changed. Raises BadInput for a taken email.

    Changed rows are taken out and put in again, so that two users may exchange their emails.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE user_metadata IN SHARE ROW EXCLUSIVE MODE")
    kept = {row.id: User(row.id, row.name, row.email, row.quota) for row in UserMetadata.objects.iterator()}
    new = [user for user in users if kept.get(user.id) != user]
    _refuse_taken_emails(new, kept)
    changed = [user.id for user in new if user.id in kept]
    UserMetadata.objects.filter(id__in=changed).delete()
    UserMetadata.objects.bulk_create((UserMetadata(**vars(user)) for user in new), batch_size=5000)
    return len(new) - len(changed), len(changed)


def _refuse_taken_emails(new: list[User], kept: dict[str, User]) -> None:
    moving = {user.id for user in new}
    staying = {user.email: user.id for user in kept.values() if user.id not in moving}
    faults = [
        f"{user.id}, email: {user.email!r}; want one that user {staying[user.email]!r} has not"
        for user in new if user.email in staying
    ]
    if faults:
        raise BadInput(*faults)
