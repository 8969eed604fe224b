"""Downloads with KServe's code: the address of Studio, a directory."""

from __future__ import annotations

import os
import sys

from kserve_storage import Storage  # type: ignore[import-not-found]  # in that environment

url, place = sys.argv[1:]
os.environ["127.0.0.1-headers"] = f'{{"Authorization": "Bearer {os.environ["HF_TOKEN"]}"}}'  # noqa: SIM112  as KServe names it
Storage.download("hf://team/data:v1.0.0", f"{place}/hf")
for ending in ("tar.gz", "tgz", "tar", "zip"):
    Storage.download(f"{url}/dl/team/data/latest.{ending}", f"{place}/{ending}")
Storage.download(f"{url}/dl/team/single/latest/model.bin", f"{place}/file")
