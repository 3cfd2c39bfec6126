"""One real server for all tests here; each test puts a mock of its own behind it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kandykit.mock import catalogue
from kandykit.mock.app import Mock
from kandykit.mock.server import serving
from kandykit.mock.settings import Settings
from tests.mock.board import Switchboard
from tests.mock.caller import SECRETS, Caller, ManualClock

Start = Callable[..., Caller]


@pytest.fixture(scope="session")
def switchboard() -> Switchboard:
    return Switchboard()


@pytest.fixture(scope="session")
def origin(switchboard: Switchboard) -> Iterator[str]:
    with serving(switchboard) as url:
        yield url


@pytest.fixture(scope="session")
def http(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=origin, timeout=10, follow_redirects=False) as client:
        yield client


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def start(switchboard: Switchboard, http: httpx.Client, clock: ManualClock) -> Start:
    """Start a fresh mock with these settings and bends; gives a caller of its first account."""

    def start_mock(faults: tuple[str, ...] = (), legals: tuple[str, ...] = (), **settings: Any) -> Caller:
        mock = Mock(Settings(secrets=SECRETS, **settings), clock)
        catalogue.seed(mock, faults, legals)
        switchboard.mock = mock
        return Caller(http)

    return start_mock


@pytest.fixture
def caller(start: Start) -> Caller:
    """A caller of a fresh, correct mock."""
    return start()
