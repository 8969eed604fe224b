"""What AWS's variables, its two files and DVC's options of a remote say together, in the order of botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import RemoteUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Sections = Mapping[str, Mapping[str, str]]

# What in a profile leads to other credentials: boto3 knows the way.
_SSO, _PROGRAMS = ("sso_session", "sso_start_url"), ("login_session", "credential_process")
_TOKENS = ("security_token", "session_token")


class Keys(NamedTuple):
    """An access key with what belongs to it."""

    key: str
    secret: str
    token: str | None = None


class AwsSettings(NamedTuple):
    """What is known of a store before it is asked."""

    profile: str
    """The name of the profile that counts."""
    region: str
    """Empty where nothing names one."""
    endpoint: str
    """Empty for AWS itself."""
    keys: Keys | None
    """None where they come from elsewhere: by the profile, or from the role of the machine."""
    is_elsewhere: bool
    """Whether the profile says how credentials are come by."""
    ca: str
    """A file of certificates; empty for those of the system."""


class AwsFiles(NamedTuple):
    """The texts of AWS's two files; empty where there is none."""

    config: str = ""
    credentials: str = ""


def resolve_aws(url: str, env: Mapping[str, str], files: AwsFiles, options: Mapping[str, str]) -> AwsSettings:
    """Return what counts; `url`, without secrets, is named where that is nothing to go by."""
    config, credentials = _sections(files.config, url, "config"), _sections(files.credentials, url, "credentials")
    name = options.get("profile") or _first(env, "AWS_DEFAULT_PROFILE", "AWS_PROFILE")
    of_config = _profiles(config)
    if name and name not in of_config and name not in credentials:
        hint = f"`aws configure --profile {name}` makes it, or see the remote's `profile`"
        raise RemoteUnreachable(url, f"there is no AWS profile '{name}'", hint)
    name = name or "default"
    in_config, in_credentials = of_config.get(name, {}), credentials.get(name, {})
    profile = {**in_config, **in_credentials}
    keys = _own_keys(url, env, options)
    leads = False
    if keys is None:
        keys, leads = _of_profile(url, in_config, in_credentials, is_web_identity=_is_web_identity(env, options))
    # AWS_REGION is no variable of botocore's; what is, counts before it.
    region = options.get("region") or env.get("AWS_DEFAULT_REGION") or profile.get("region") or env.get("AWS_REGION")
    return AwsSettings(
        name,
        region or "",
        options.get("endpointurl") or _endpoint(url, env, profile, config),
        keys,
        leads,
        env.get("AWS_CA_BUNDLE") or profile.get("ca_bundle") or env.get("REQUESTS_CA_BUNDLE") or "",
    )


def _of_profile(
    url: str, in_config: Mapping[str, str], in_credentials: Mapping[str, str], *, is_web_identity: bool
) -> tuple[Keys | None, bool]:
    """Return the keys of a profile, and whether it says instead where they come from."""
    profile = {**in_config, **in_credentials}
    if profile.get("role_arn"):
        return None, True
    if is_web_identity:
        return None, False
    if any(profile.get(word) for word in _SSO):
        return None, True
    if keys := _keys_of(url, in_credentials, "aws_"):
        return keys, False
    if any(profile.get(word) for word in _PROGRAMS):
        return None, True
    return _keys_of(url, in_config, "aws_"), False


def _own_keys(url: str, env: Mapping[str, str], options: Mapping[str, str]) -> Keys | None:
    """Return keys that stand before every profile: those of the remote; those of the environment, if it names none."""
    if options.get("access_key_id"):
        return _keys_of(url, options, "")
    if options.get("profile"):
        return None
    return _keys_of(url, {name.lower(): value for name, value in env.items() if name.startswith("AWS_")}, "aws_")


def _keys_of(url: str, found: Mapping[str, str], prefix: str) -> Keys | None:
    key, secret = found.get(f"{prefix}access_key_id"), found.get(f"{prefix}secret_access_key")
    if not key:
        return None
    if not secret:
        raise RemoteUnreachable(url, "its access key has no secret", f"{prefix}secret_access_key belongs to it")
    return Keys(key, secret, _first(found, *(f"{prefix}{token}" for token in _TOKENS)) or None)


def _is_web_identity(env: Mapping[str, str], options: Mapping[str, str]) -> bool:
    """Tell whether a token of the environment stands for a role, as in a job of CI; the store's client asks for it."""
    return bool(not options.get("profile") and env.get("AWS_WEB_IDENTITY_TOKEN_FILE") and env.get("AWS_ROLE_ARN"))


def _endpoint(url: str, env: Mapping[str, str], profile: Mapping[str, str], config: Sections) -> str:
    """Return the endpoint that is configured: for S3 alone before one for all services."""
    ignore = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or profile.get("ignore_configured_endpoint_urls") or ""
    if ignore.lower() == "true":
        return ""
    if given := _first(env, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        return given
    services: Mapping[str, str] = {}
    if name := profile.get("services"):
        found = next((section for section in config if _words(section) == ["services", name]), None)
        if found is None:
            raise RemoteUnreachable(url, f"there is no section [services {name}]", "see AWS's config file")
        services = config[found]
    for line in services.get("s3", "").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "endpoint_url" and value.strip():
            return value.strip()
    return profile.get("endpoint_url", "")


def _profiles(config: Sections) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for section, values in config.items():
        words = _words(section)
        if section == "default" or (len(words) == 2 and words[0] == "profile"):  # noqa: PLR2004  and the name
            found[words[-1]] = values
    return found


def _words(section: str) -> Sequence[str]:
    import shlex

    try:
        return shlex.split(section)
    except ValueError:
        return ()


def _first(found: Mapping[str, str], *names: str) -> str:
    return next((found[name] for name in names if found.get(name)), "")


def _sections(text: str, url: str, kind: str) -> Sections:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(text)
    except Error as error:
        # The parser's own words would quote the line, and what is secret in it.
        raise RemoteUnreachable(url, f"AWS's {kind} file is no configuration of AWS", "mend that file") from error
    return {name: dict(parser[name]) for name in parser.sections()}
