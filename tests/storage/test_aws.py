"""AWS's variables, files and DVC's options together: what counts is what the real botocore says, in one table."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import RemoteUnreachable
from gto.storage.aws import AwsFiles, resolve_aws
from tests.environment import dvc_of_clouds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
[default]
region = eu-central-1
endpoint_url = http://default.example
[profile dev]
region = eu-west-1
endpoint_url = http://dev.example
ca_bundle = /ca/of-dev.pem
aws_access_key_id = never
aws_secret_access_key = never
[dev]
region = never
[profile "two words"]
region = eu-west-2
aws_access_key_id = words
aws_secret_access_key = s
aws_session_token = newer
aws_security_token = older
services = own
endpoint_url = http://all.example
[services own]
dynamodb =
    endpoint_url = http://never.example
s3 =
    addressing_style = path
    endpoint_url = http://own.example
[services empty]
ec2 =
    endpoint_url = http://never.example
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = dev
services = empty
endpoint_url = http://role.example
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"p","SecretAccessKey":"s"}'
aws_access_key_id = never
aws_secret_access_key = never
[profile ignoring]
ignore_configured_endpoint_urls = True
endpoint_url = http://never.example
[profile lost]
services = nowhere
[profile half]
aws_access_key_id = half
"""
CREDENTIALS = """
[default]
aws_access_key_id = defaultkey
aws_secret_access_key = s
[dev]
aws_access_key_id = devkey
aws_secret_access_key = s
region = ap-south-1
[role]
aws_access_key_id = never
aws_secret_access_key = never
[process]
aws_session_token = belongs-to-no-key
[only]
aws_access_key_id = onlykey
aws_secret_access_key = s
"""
PROFILES = ("dev", "two words", "role", "process", "ignoring", "lost", "half", "only", "nobody")
Words = dict[str, str]
OF_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "envkey", "AWS_SECRET_ACCESS_KEY": "s"}
NAMED: list[tuple[Words, Words]] = [
    ({}, {}),
    *(({"AWS_PROFILE": name}, {}) for name in PROFILES),
    *(({"AWS_PROFILE": "nobody"}, {"profile": name}) for name in PROFILES),
    ({"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "two words"}, {}),
]
"""How a profile is named: environment, options of the remote."""
BESIDE: list[tuple[Words, Words]] = [
    ({}, {}),
    (OF_ENVIRONMENT, {}),
    ({**OF_ENVIRONMENT, "AWS_SESSION_TOKEN": "t"}, {"access_key_id": "own", "secret_access_key": "s"}),
    ({**OF_ENVIRONMENT, "AWS_SESSION_TOKEN": "newer", "AWS_SECURITY_TOKEN": "older"}, {"region": "sa-east-1"}),
    ({"AWS_ACCESS_KEY_ID": "half", "AWS_CA_BUNDLE": "/ca/a.pem", "REQUESTS_CA_BUNDLE": "/ca/r.pem"}, {}),
    (
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"},
        {"access_key_id": "half"},
    ),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"}, {}),
    ({"AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "us-west-1", "REQUESTS_CA_BUNDLE": "/ca/r.pem"}, {}),
    ({"AWS_ENDPOINT_URL": "http://all.env"}, {}),
    ({"AWS_ENDPOINT_URL": "http://all.env", "AWS_ENDPOINT_URL_S3": "http://s3.env"}, {}),
    ({"AWS_ENDPOINT_URL": "http://all.env", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"}, {}),
    ({"AWS_ENDPOINT_URL": "http://all.env", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "1"}, {}),
    ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, {"endpointurl": "https://own.store", "use_ssl": "false"}),
]
"""What else is said."""
ASKING = r"""
import json, os, sys
from botocore.session import Session
shared = Session().get_component("data_loader")
def ask(env, options):
    for name in [name for name in os.environ if name.startswith(("AWS_", "REQUESTS_"))]:
        del os.environ[name]
    os.environ.update(env)
    session = Session(profile=options.get("profile"))
    session.register_component("data_loader", shared)
    client = session.create_client(
        "s3",
        region_name=options.get("region"),
        endpoint_url=options.get("endpointurl"),
        aws_access_key_id=options.get("access_key_id"),
        aws_secret_access_key=options.get("secret_access_key"),
        use_ssl=options.get("use_ssl") != "false",
    )
    found = client._request_signer._credentials
    if found is None or found.method == "assume-role-with-web-identity":
        keys = None
    elif found.method in ("assume-role", "custom-process"):
        keys = "elsewhere"
    else:
        keys = [found.access_key, found.secret_key, found.token]
    verify = client._endpoint.http_session._verify
    endpoint = "" if client.meta.endpoint_url.endswith(".amazonaws.com") else client.meta.endpoint_url
    return [client.meta.region_name, endpoint, keys, "" if verify is True else verify]
for line in sys.stdin:
    try:
        print(json.dumps(ask(*json.loads(line))), flush=True)
    except Exception as error:
        print(json.dumps("refused"))
"""


def cases(place: Path) -> Iterator[tuple[Words, Words]]:
    at = {
        "AWS_CONFIG_FILE": str(place / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(place / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for env, options in NAMED:
        for more, others in BESIDE:
            yield {**at, **env, **more}, {**options, **others}


def ours(env: Words, options: Words) -> object:
    try:
        found = resolve_aws("s3://models", env, AwsFiles(CONFIG, CREDENTIALS), options)
    except RemoteUnreachable:
        return "refused"
    keys = "elsewhere" if found.is_elsewhere else list(found.keys) if found.keys else None
    return [found.region or "us-east-1", found.endpoint, keys, found.ca]


def test_what_counts_is_what_botocore_says(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    table = list(cases(tmp_path))
    asked = "".join(f"{json.dumps(case)}\n" for case in table)
    argv = [str(dvc_of_clouds()), "-c", ASKING]
    done = subprocess.run(argv, input=asked, capture_output=True, text=True, check=True, timeout=300)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(table)
    assert "refused" in told
    wrong = [(*case, mine, one) for case, one in zip(table, told, strict=True) if (mine := ours(*case)) != one]
    assert wrong == []


@pytest.mark.parametrize("text", ["aws_secret_access_key = secret-of-ada\n", "[x\nsecret-of-ada"])
def test_a_file_that_is_no_configuration_is_named_without_what_it_holds(text: str) -> None:
    with pytest.raises(RemoteUnreachable, match="no configuration of AWS") as caught:
        resolve_aws("s3://models", {}, AwsFiles(config=text), {})
    assert "secret-of-ada" not in caught.value.message + caught.value.hint
