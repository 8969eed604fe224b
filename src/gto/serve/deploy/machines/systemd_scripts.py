"""The shell scripts that a machine with systemd runs for `gto deploy`; what they do can be done again at any point.

A release is a directory with the version's files and their environment; the file `complete` in it is written last. The
file `switching` is there while the unit is changed and restarted: whoever finds it knows that this was broken off.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gto.serve.deploy.machines.systemd_unit import release_id, root_of, unit_name

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

NO_RELEASE = 3
"""The exit code of a script whose release is not there, or not whole."""

_ASK = (
    "import sys, urllib.request as r\n"
    "body = sys.stdin.buffer.read() if sys.argv[2:] else None\n"
    "kind = {'Content-Type': 'application/json'} if body is not None else {}\n"
    "try:\n"
    "    opener = r.build_opener(r.ProxyHandler({}))\n"
    "    answer = opener.open(r.Request(sys.argv[1], body, kind), timeout=20)\n"
    "except r.HTTPError as error:\n"
    "    answer = error\n"
    "except OSError as error:\n"
    "    sys.exit(str(error))\n"
    "sys.stdout.buffer.write(answer.read())\n"
    "sys.exit(0 if answer.status < 300 else 'HTTP %s' % answer.status)\n"
)

_FUNCTIONS = """
lock() {
    mkdir -p "$root/releases"
    exec 9>>"$root/lock"
    flock -w "$patience" 9 || { echo "another apply is at it, for more than $patience s" >&2; exit 1; }
}
health() {
    url=$(cat "$root/current/health" 2>/dev/null) || return 1
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --noproxy '*' --max-time 5 --output /dev/null "$url"
    else
        "$python" -c "$ask" "$url" >/dev/null 2>&1
    fi
}
"""

_RUNNING = """
[ -e "$units/$unit" ] || [ -e "$root/switching" ] || exit 0
tell() {
    if [ -e "$2" ]; then printf '%s ' "$1"; base64 <"$2" | tr -d '\\n'; echo; fi
}
echo unit_is_there -
tell marker "$root/marker.json"
tell unit "$units/$unit"
if [ -e "$root/switching" ]; then echo switching -; fi
echo active "$($ctl is-active "$unit" 2>/dev/null || true)"
if health; then echo health ok; else echo health none; fi
"""

_DELIVER = """
lock
new="$root/releases/$id"
if [ -e "$new/complete" ]; then exit 0; fi
rm -rf "$new"
mkdir "$new"
tar -xof - -C "$new"
[ -e "$new/whole" ] || { echo "the files did not come to their end" >&2; exit 1; }
if [ -e "$new/requirements.txt" ]; then
    "$python" -m venv "$new/venv" >&2
    "$new/venv/bin/python" -m pip install --disable-pip-version-check --no-input -q -r "$new/requirements.txt" >&2
fi
sync -f "$new" 2>/dev/null || sync
: >"$new/complete"
"""

_SWITCH = """
lock
new="$root/releases/$id"
[ -e "$new/complete" ] || exit 3
if [ -n "$lazy" ] && [ "$(readlink "$root/current")" = "releases/$id" ] && [ ! -e "$root/switching" ]; then exit 0; fi
if command -v systemd-analyze >/dev/null 2>&1; then
    said=$(systemd-analyze $scope verify "$new/$unit" 2>&1) || { echo "$said" >&2; exit 1; }
    if printf '%s' "$said" | grep -qF "$unit"; then echo "$said" >&2; exit 1; fi
fi
: >"$root/switching"
mkdir -p "$units"
cp "$new/$unit" "$units/.$unit.new"
mv -f "$units/.$unit.new" "$units/$unit"
rm -f "$root/.current.new"
ln -s "releases/$id" "$root/.current.new"
mv -fT "$root/.current.new" "$root/current"
$ctl daemon-reload
$ctl enable -q "$unit"
$ctl restart "$unit"
cp "$new/labels.json" "$root/.marker.new"
mv -f "$root/.marker.new" "$root/marker.json"
rm -f "$root/switching"
touch "$new"
ls -1t "$root/releases" | tail -n +"$((keep + 1))" | while read -r old; do
    if [ "$old" != "$id" ]; then rm -f "$root/releases/$old/complete"; rm -rf "$root/releases/$old"; fi
done
"""

_WAIT = """
end=$(($(date +%s) + patience))
while :; do
    state=$($ctl is-active "$unit" 2>/dev/null || true)
    if [ "$state" = active ] && health; then exit 0; fi
    restarts=$($ctl show -p NRestarts --value "$unit" 2>/dev/null || true)
    if [ "$state" = failed ] || [ "${restarts:-0}" -ge 3 ] || [ "$(date +%s)" -ge "$end" ]; then break; fi
    sleep 0.2 2>/dev/null || sleep 1
done
$ctl status --no-pager --lines 15 "$unit" >&2 || true
exit 1
"""

_INFER = """
"$python" -c "$ask" "$url" body
"""


def _head(wanted: WantedDeployment, patience: float, release: str = "", **more: str) -> str:
    values = wanted.target.values
    is_user = values["scope"] == "user"
    root = root_of(wanted)
    units = values["unit_directory"]
    given = {
        "id": release,
        "unit": unit_name(wanted.target.name),
        "python": values["interpreter"] or values["python"],
        "ask": _ASK,
        "patience": str(int(patience)),
        "keep": str(values["keep"]),
        "scope": "--user" if is_user else "--system",
        **more,
    }
    places = [
        f'root="$HOME"{shlex.quote(root[2:])}' if root.startswith("%h") else f"root={shlex.quote(root)}",
        f"units={shlex.quote(units)}" if units else _UNITS["user" if is_user else "system"],
        'ctl="systemctl $scope"',
    ]
    lines = ["set -eu", "umask 022", *(f"{key}={shlex.quote(value)}" for key, value in given.items()), *places]
    return "\n".join(lines) + _FUNCTIONS


_UNITS = {
    "user": 'units="${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"; '
    'export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"',
    "system": "units=/etc/systemd/system",
}


def running_script(wanted: WantedDeployment) -> str:
    """Return what prints what is there, a word and a value a line, files in base64; nothing where nothing is."""
    return _head(wanted, 5) + _RUNNING


def deliver_script(wanted: WantedDeployment, patience: float) -> str:
    """Return what makes a release of the tar archive on stdin; one that is whole stays as it is."""
    return _head(wanted, patience, release_id(wanted.labels)) + _DELIVER


def has_script(wanted: WantedDeployment) -> str:
    """Return what ends with 0 where the release is whole, else with NO_RELEASE."""
    return _head(wanted, 5, release_id(wanted.labels)) + f'[ -e "$root/releases/$id/complete" ] || exit {NO_RELEASE}\n'


def switch_script(wanted: WantedDeployment, release: str, patience: float, *, lazy: bool = False) -> str:
    """Return what lets a release run, and says so on the machine; a `lazy` one restarts nothing where it runs."""
    return _head(wanted, patience, release, lazy="yes" if lazy else "") + _SWITCH


def wait_script(wanted: WantedDeployment, seconds: float) -> str:
    """Return what ends with 0 as soon as the unit is active and answers."""
    return _head(wanted, seconds) + _WAIT


def infer_script(wanted: WantedDeployment, url: str) -> str:
    """Return what sends stdin to an address of the machine, and prints the answer."""
    return _head(wanted, 5, url=url) + _INFER
