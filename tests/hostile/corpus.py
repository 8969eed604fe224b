"""All hostile repositories."""

from __future__ import annotations

from tests.hostile.files import FILES
from tests.hostile.places import PLACES
from tests.hostile.settings import PROGRAMS
from tests.hostile.tags import TAGS

CORPUS = (*(one.entry() for one in PROGRAMS), *FILES, *PLACES, *TAGS)
