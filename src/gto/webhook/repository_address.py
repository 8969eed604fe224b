"""Addresses of repositories in one form, by which those that a webhook names are found among those that are known."""

import re
from posixpath import normpath
from urllib.parse import unquote

_URL_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/?#]*@)?([^/?#@]*)([^?#]*)(?:[?#].*)?", re.DOTALL)
_SHORT_RE = re.compile(r"(?:[^@:/\s]+@)?(\[[^\]]*\]|[^@:/\s]{2,}):(?!:)(.+)", re.DOTALL)  # host:path, as SSH has it
_PORT_RE = re.compile(r":[0-9]*$")
_USUAL_RE = {"http": re.compile(":(?:80)?$"), "https": re.compile(":(?:443)?$")}
# The hosts by which forges let SSH through a firewall.
_OTHER_HOSTS = {
    "altssh.bitbucket.org": "bitbucket.org",
    "altssh.gitlab.com": "gitlab.com",
    "ssh.dev.azure.com": "dev.azure.com",
    "ssh.github.com": "github.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
}
_AZURE, _OLD_AZURE = "dev.azure.com", ".visualstudio.com"
# Bitbucket Data Center has /scm/KEY/name for HTTP, /KEY/name for SSH, and a page of its own.
_PAGE_RE = re.compile(r"projects/([^/]+)/repos/([^/]+)(?:/browse)?$")
_SCM_RE = re.compile(r"(^|/)scm/([^/]+/[^/]+)$")


def comparable(address: str) -> str:
    """Return an address without what differs between two that lead to the same repository; empty where it is none.

    Scheme, user, usual port, port of SSH, `.git` and case make no difference: `https://host/a/b.git` and
    `git@host:a/b` are `host/a/b`. So two repositories may come out as one; they are never more than looked at.
    """
    if address.startswith(("/", "file://")):
        return normpath(f"/{unquote(address.removeprefix('file://')).strip('/')}").removesuffix(".git").casefold()
    found = _URL_RE.fullmatch(address)
    short = None if found else _SHORT_RE.fullmatch(address)
    if found:
        scheme, host, path = found[1].lower(), found[2].lower(), found[3]
        host = _USUAL_RE.get(scheme, _PORT_RE).sub("", host)
    elif short:
        host, path = short[1].lower(), short[2]
    else:
        return ""
    path = re.sub("/+", "/", unquote(path)).strip("/").casefold().removesuffix(".git")
    return _joined(host.rstrip("."), path) if host and path else ""


def _joined(host: str, path: str) -> str:
    host = _OTHER_HOSTS.get(host, host)
    if host.endswith(_OLD_AZURE):
        owner, host = host.removesuffix(_OLD_AZURE), _AZURE
        path = f"{owner}/{path.removeprefix('defaultcollection/')}"
    if host == _AZURE:
        return f"{host}/{_of_azure(path)}"
    return f"{host}/" + _SCM_RE.sub(r"\1\2", _PAGE_RE.sub(r"\1/\2", path))


def _of_azure(path: str) -> str:
    """Return `organisation/project/_git/name`: SSH says it otherwise, and a project may be left out of its own name."""
    match path.split("/"):
        case ["v3", owner, project, name] | [owner, project, "_git", name]:
            return f"{owner}/{project}/_git/{name}"
        case [owner, "_git", name]:
            return f"{owner}/{name}/_git/{name}"
        case _:
            return path
