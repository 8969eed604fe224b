"""ZIP archives that are the same each time they are written."""

import zipfile
from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows


def write_members(path: str, members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> None:
    """Write an archive whose members stand in the order given, and bear no date."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.compress_type = packing
            archive.writestr(member, data)
