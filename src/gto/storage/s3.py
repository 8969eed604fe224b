"""DVC's options of an S3 remote, and AWS profiles, as obstore takes them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import RemoteUnreachable
from gto.storage import urls
from gto.storage.aws import AwsFiles, AwsSettings, resolve_aws
from gto.storage.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore.store import S3Config, S3Credential

    from gto.storage.aws import Keys
    from gto.storage.location import StoreAddress

_DEFAULT_REGION = "us-east-1"
_AWS = "https://s3.amazonaws.com"
_BUCKET_RE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")
# It becomes a part of the host: `x/#` would lead elsewhere, and a session's token with it.
_REGION_RE = re.compile(r"[A-Za-z0-9-]+")


class S3Options(NamedTuple):
    """What obstore needs to open a bucket."""

    config: S3Config
    endpoint: str
    ca: str
    provider: Callable[[], S3Credential] | None = None
    """Returns the credentials; None where obstore finds them itself, in the environment or by the machine's role."""


def s3_config(where: StoreAddress, bucket: str) -> S3Options:
    """Return obstore's settings; credentials only for a store that the user's own configuration names."""
    url, options = urls.shown(where.url), where.options
    if where.trusted:
        settings = resolve_aws(url, os.environ, _files(options, url), options)
    else:
        env = {name: os.environ.get(name, "") for name in _CERTIFICATES}
        settings = resolve_aws(url, env, AwsFiles(), {key: options[key] for key in _OF_STRANGERS if key in options})
    region = settings.region or (_DEFAULT_REGION if settings.endpoint else region_of(bucket, ca=settings.ca))
    if not _REGION_RE.fullmatch(region):
        raise RemoteUnreachable(
            url, f"no region is called '{region}'", "see the remote's region: it is letters, digits and hyphens"
        )
    # Always given: obstore would take what the environment says, and that may not count.
    endpoint = settings.endpoint or _of_region(region, options)
    config: S3Config = {"region": region, "endpoint": endpoint}
    if where.is_anonymous:
        # What is in the environment does not count; half of it would be an error of obstore.
        config["skip_signature"] = True
        config |= {"access_key_id": "", "secret_access_key": "", "session_token": ""}
        return S3Options(config, endpoint, settings.ca)
    return S3Options(config, endpoint, settings.ca, _provider(settings, options, url))


_OF_STRANGERS, _CERTIFICATES = ("region", "endpointurl"), ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def _provider(settings: AwsSettings, options: Mapping[str, str], url: str) -> Callable[[], S3Credential] | None:
    if settings.keys is not None:
        return _handing(settings.keys)
    if settings.is_elsewhere:
        return _ask_boto3(settings.profile, options, url)
    if options.get("profile") and os.environ.get("AWS_ACCESS_KEY_ID"):
        hint = "put them there, or take `profile` out of the remote's options"
        reason = (
            f"the AWS profile '{settings.profile}' has no keys, and those of the environment do not count beside it"
        )
        raise RemoteUnreachable(url, reason, hint)
    return None


def region_of(bucket: str, site: str = _AWS, ca: str = "") -> str:
    """Ask S3 in which region a bucket is; it tells that to everybody."""
    if not _BUCKET_RE.fullmatch(bucket):
        return _DEFAULT_REGION
    from gto.storage import http_client

    answer = http_client.send(http_client.Request(f"{site}/{bucket}", "HEAD", transport=Transport(ca=ca), retries=2))
    answer.close()
    return answer.headers.get("x-amz-bucket-region", _DEFAULT_REGION)


def _of_region(region: str, options: Mapping[str, str]) -> str:
    """Return AWS's own endpoint; the regions of China have a domain of their own."""
    scheme = "http" if urls.is_false(options.get("use_ssl")) else "https"
    return f"{scheme}://s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def _handing(keys: Keys) -> Callable[[], S3Credential]:
    """Return what hands these to obstore; as settings, a token of the environment would come with them."""
    found: S3Credential = {
        "access_key_id": keys.key,
        "secret_access_key": keys.secret,
        "token": keys.token,
        "expires_at": None,
    }
    return lambda: found


def _files(options: Mapping[str, str], url: str) -> AwsFiles:
    return AwsFiles(*(_read(place, url) for place in _places(options)))


def _places(options: Mapping[str, str]) -> tuple[str, str]:
    """Return where AWS's two files are; a variable counts before the remote's option, as in DVC."""
    config = os.environ.get("AWS_CONFIG_FILE") or options.get("configpath") or "~/.aws/config"
    shared = os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or options.get("credentialpath") or "~/.aws/credentials"
    return _expanded(config), _expanded(shared)


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))


def _read(place: str, url: str) -> str:
    try:
        with open(place, encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise RemoteUnreachable(url, f"'{place}' cannot be read", "mend that file") from error


def _ask_boto3(name: str, options: Mapping[str, str], url: str) -> Callable[[], S3Credential]:
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
