"""DVC's options of an S3 remote, and AWS profiles, as obstore takes them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import RemoteUnreachable
from gto.storage import address, web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore.store import S3Config, S3Credential

    from gto.storage.location import StoreAddress

_DEFAULT_REGION = "us-east-1"
_AWS = "https://s3.amazonaws.com"
_BUCKET_RE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")
# It becomes a part of the host: `x/#` would lead elsewhere, and a session's token with it.
_REGION_RE = re.compile(r"[A-Za-z0-9-]+")
# What in a profile leads to other credentials; boto3 knows the way.
_LEADS = ("role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file", "login_session")


class Found(NamedTuple):
    """What obstore needs to open a bucket."""

    config: S3Config
    endpoint: str
    provider: Callable[[], S3Credential] | None = None
    """Returns the credentials; None where obstore finds them itself, in the environment or by the machine's role."""


def s3_config(where: StoreAddress, bucket: str) -> Found:
    """Return obstore's settings; credentials only for a store that the user's own configuration names."""
    options = where.options
    config: S3Config = {}
    provider: Callable[[], S3Credential] | None = None
    profile: Mapping[str, str] = {}
    if where.trusted:
        profile = _read_profile(options, address.shown(where.url))
    endpoint = options.get("endpointurl") or (where.trusted and _own_endpoint(profile)) or ""
    if address.is_false(options.get("use_ssl")):
        endpoint = re.sub(r"^https://", "http://", endpoint) if endpoint else "http://s3.amazonaws.com"
    if endpoint:
        config["endpoint"] = endpoint
    if where.is_anonymous:
        # What is in the environment does not count; half of it would be an error of obstore.
        config["skip_signature"] = True
        config |= {"access_key_id": "", "secret_access_key": "", "session_token": ""}
    elif options.get("access_key_id"):
        provider = _keys(options["access_key_id"], options.get("secret_access_key"), options.get("session_token"))
    elif any(profile.get(word) for word in _LEADS):
        provider = _ask_boto3(options, address.shown(where.url))
    elif profile.get("aws_access_key_id"):
        provider = _keys(
            profile["aws_access_key_id"], profile.get("aws_secret_access_key"), profile.get("aws_session_token")
        )
    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    region = options.get("region") or profile.get("region") or given
    config["region"] = region or (_DEFAULT_REGION if endpoint else region_of(bucket))
    if not _REGION_RE.fullmatch(config["region"]):
        hint = "see the remote's region: it is letters, digits and hyphens"
        raise RemoteUnreachable(address.shown(where.url), f"no region is called '{config['region']}'", hint)
    return Found(config, endpoint, provider)


def region_of(bucket: str, site: str = _AWS) -> str:
    """Ask S3 in which region a bucket is; it tells that to everybody."""
    if not _BUCKET_RE.fullmatch(bucket):
        return _DEFAULT_REGION
    answer = web.send(web.Request(f"{site}/{bucket}", "HEAD"))
    answer.close()
    return answer.headers.get("x-amz-bucket-region", _DEFAULT_REGION)


def _keys(key: str, secret: str | None, token: str | None) -> Callable[[], S3Credential]:
    """Return what hands these to obstore; as settings, a token of the environment would come with them."""
    found: S3Credential = {"access_key_id": key, "secret_access_key": secret or "", "token": token, "expires_at": None}
    return lambda: found


def _own_endpoint(profile: Mapping[str, str]) -> str:
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    return next((os.environ[name] for name in names if os.environ.get(name)), profile.get("endpoint_url", ""))


def _read_profile(options: Mapping[str, str], url: str) -> Mapping[str, str]:
    """Return a profile of AWS's two files; an empty one where the environment has keys and no profile is named."""
    name = options.get("profile") or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or ""
    if not name and os.environ.get("AWS_ACCESS_KEY_ID") and not options.get("credentialpath"):
        return {}
    config, credentials = _places(options)
    found: dict[str, str] = {}
    chosen = name or "default"
    for place, section in ((config, f"profile {chosen}"), (config, chosen), (credentials, chosen)):
        found |= _read_section(place, section, url)
    if name and not found:
        hint = f"`aws configure --profile {name}` makes it, or see the remote's `profile`"
        raise RemoteUnreachable(url, f"there is no AWS profile '{name}'", hint)
    return found


def _places(options: Mapping[str, str]) -> tuple[str, str]:
    config = options.get("configpath") or os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    shared = options.get("credentialpath") or os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    return os.path.expanduser(config), os.path.expanduser(shared)


def _read_section(place: str, section: str, url: str) -> dict[str, str]:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(default_section="", strict=False)
    try:
        parser.read(place, encoding="utf-8")
    except (Error, UnicodeDecodeError, OSError) as error:
        # The parser's own words would quote the line, and what is secret in it.
        raise RemoteUnreachable(url, f"'{place}' is no configuration of AWS", "mend that file") from error
    return dict(parser[section]) if parser.has_section(section) else {}


def _ask_boto3(options: Mapping[str, str], url: str) -> Callable[[], S3Credential]:
    name = options.get("profile") or os.environ.get("AWS_PROFILE") or "default"
    config, shared = _places(options)
    try:
        from boto3.session import Session
        from botocore.session import Session as Core
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ModuleNotFoundError as error:
        reason = f"the AWS profile '{name}' gets its credentials elsewhere, and only boto3 knows how"
        raise RemoteUnreachable(url, reason, "pip install boto3") from error
    core = Core(profile=name)
    core.set_config_variable("config_file", config)
    core.set_config_variable("credentials_file", shared)
    return Boto3CredentialProvider(Session(botocore_session=core))
