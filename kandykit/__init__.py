"""kandykit: learn, with evidence, whether an endpoint keeps the Kandy WebRTC provisioning contract.

A run is one line: profile -> explore -> client -> journal -> judge -> statement.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("kandykit")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
