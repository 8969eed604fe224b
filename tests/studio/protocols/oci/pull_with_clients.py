"""Pulls with the clients of PyPI, in an environment of their own: HOST USER TOKEN DIRECTORY."""

import json
import os
import sys

import modelpack_client  # type: ignore[import-not-found]  # in that environment
import oras.client  # type: ignore[import-not-found]  # in that environment
from kserve_storage import Storage  # type: ignore[import-not-found]  # in that environment

host, user, token, place = sys.argv[1:]

known = oras.client.OrasClient(hostname=host, insecure=True)
known.login(hostname=host, username=user, password=token, config_path=f"{place}/login.json")
known.pull(target=f"{host}/secret/data:latest", outdir=f"{place}/oras")

anybody = oras.client.OrasClient(hostname=host, insecure=True)
tags = anybody.get_tags(f"{host}/team/data")

client = modelpack_client.ModelPackClient(insecure=True)
client.pull(f"{host}/team/data:v1.0.0", f"{place}/modelpack")

Storage.download(f"oci://{host}/modelcar/team/data:latest", f"{place}/kserve-data")
os.environ["KSERVE_OCI_DOCKER_CONFIG"] = f"{place}/docker.json"
Storage.download(f"oci://{host}/modelcar/secret/single:v1.0.0", f"{place}/kserve-single")

sys.stdout.write(json.dumps({"tags": tags}))
