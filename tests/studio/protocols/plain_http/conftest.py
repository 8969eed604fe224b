"""The Studio of the tests of the Hub."""

from tests.studio.protocols.hub.conftest import hub

__all__ = ["hub"]
