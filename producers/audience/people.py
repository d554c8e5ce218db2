"""Who listens: each customer's record, and the hidden habits that the plays are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metering.domain.customer import Customer
from producers.audience.plan import AudiencePlan

FIRST_ID = 10_001
"""The lowest customer id: no id is the number of a line."""

PARTS = 4
_PREFERRED = (0.27, 0.25, 0.30, 0.18)
"""Shares of customers who live by the morning, the afternoon, the evening, the night."""

_FIDELITY = 9.0
_FEWEST, _MOST = 4, 400
"""Favourite tracks of the narrowest and of the broadest taste."""

TRACKS = 20_000
ZIPS = 120
_FIRST_ZIP = 10_000

_LEVELS, _LEVEL_SHARES = ("FREE", "SILVER", "GOLD"), (0.60, 0.28, 0.12)
_GIVEN = ("Ana", "Ben", "Chloé", "Dana", "Emil", "Farah", "Gus", "Hana", "Ivo", "June", "Kofi", "Lena", "Milan", "Noor")
_FAMILY = ("Adler", "Brandt", "Costa", "Duarte", "Eriksen", "Fischer", "García", "Haddad", "Ito", "O'Neill", "Novák")
_STREETS = ("Main Street", "Oak Avenue", "Mill Lane", "Station Road", "Church Street")
_CITIES = ("Ashford", "Brookfield", "Clayton", "Dover")


@dataclass(frozen=True)
class People:
    """Habits, a row a customer. `parts`: shares of morning, afternoon, evening, night; each row adds up to 1.

    `favourites` holds all customers' tracks one after another, those of customer i from `first[i]`, `breadth[i]` many.
    """

    activity: NDArray[np.float64]
    parts: NDArray[np.float64]
    mobile: NDArray[np.float64]
    breadth: NDArray[np.int64]
    first: NDArray[np.int64]
    favourites: NDArray[np.int64]
    zip: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.activity)


def draw_people(plan: AudiencePlan) -> People:
    random, count = plan.of_people("habits"), plan.customers
    preferred = random.choice(PARTS, size=count, p=_PREFERRED)
    inclination = random.gamma(0.8 + _FIDELITY * np.eye(PARTS)[preferred])
    breadth = np.exp(random.uniform(np.log(_FEWEST), np.log(_MOST), count)).astype(np.int64)
    return People(
        activity=0.15 + random.gamma(2.0, size=count),
        parts=inclination / inclination.sum(axis=1, keepdims=True),
        mobile=random.beta(0.8, 0.8, size=count),
        breadth=breadth,
        first=np.cumsum(breadth) - breadth,
        # The cube makes few tracks everybody's favourites.
        favourites=(TRACKS * random.random(int(breadth.sum())) ** 3).astype(np.int64),
        zip=random.integers(ZIPS, size=count),
    )


def ids(indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The customer ids, whole numbers."""
    return indices + FIRST_ID


def zip_code(number: int) -> str:
    return str(_FIRST_ZIP + number)


def records(plan: AudiencePlan, people: People) -> list[Customer]:
    """Every customer's record, by id. It has no bearing on what a customer plays or clicks."""
    random = plan.of_people("records")
    levels = random.choice(len(_LEVELS), size=len(people), p=_LEVEL_SHARES).tolist()
    lots = random.integers(2**31, size=(len(people), 9)).tolist()
    return [_record(index, level, int(people.zip[index]), *lots[index]) for index, level in enumerate(levels)]


def _record(
    index: int, level: int, zip_number: int, given: int, family: int, age: int, gender: int, house: int, day: int,
    status: int, campaign: int, linked: int,
) -> Customer:
    signed = np.datetime64("2019-01-01") + np.timedelta64(day % 2_000)
    street = f"{house % 400 + 1} {_STREETS[house % len(_STREETS)]}"
    return Customer(
        id=str(FIRST_ID + index),
        name=f"{_GIVEN[given % len(_GIVEN)]} {_FAMILY[family % len(_FAMILY)]}",
        age=str(16 + age % 60),
        gender="FM"[gender % 2],
        zip=zip_code(zip_number),
        address=f"{street}, {_CITIES[zip_number % len(_CITIES)]}",
        sign_date=str(signed),
        status="ACTIVE" if status % 20 else "PAUSED",
        level=_LEVELS[level],
        campaign=str(campaign % 5),
        linked_with_apps=str(linked % 2),
    )
