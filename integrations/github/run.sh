#!/usr/bin/env bash
# What the action does: finds or installs gto, and runs `gto ci` with what the inputs say.
set -euo pipefail

own="${RUNNER_TEMP:-${TMPDIR:-/tmp}}/gto" # the environment for a gto that this script installs

programs() {
    if [ -d "$own/Scripts" ]; then echo "$own/Scripts"; else echo "$own/bin"; fi # as Python has it on Windows
}

pip() { # -I everywhere: Python takes no module of its own from the checkout, where this runs
    "$(programs)/python" -I -m pip install --quiet --disable-pip-version-check "$@"
}

install() {
    local python bin
    for python in python3 python ''; do
        if [ -z "$python" ]; then
            echo "GTO needs Python 3.11 or later with venv: put a step with actions/setup-python before this one" >&2
            exit 1
        fi
        # Debian's Python lacks ensurepip, without which venv fails, until python3-venv is installed.
        if "$python" -I -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
    done
    "$python" -I -m venv "$own"
    if [ -n "$INPUT_SOURCE" ]; then
        : >"$own/constraints.txt" # it may need other versions than this revision was tested with
    else
        cp "$GITHUB_ACTION_PATH/constraints.txt" "$own/constraints.txt"
    fi
    pip --constraint "$own/constraints.txt" "${INPUT_SOURCE:-$GITHUB_ACTION_PATH}"
    bin=$(programs)
    if [ -n "${GITHUB_PATH:-}" ]; then # later steps may want gto too
        if command -v cygpath >/dev/null; then cygpath --windows "$bin"; else echo "$bin"; fi >>"$GITHUB_PATH"
    fi
    if command -v cygpath >/dev/null; then bin=$(cygpath --unix "$bin"); fi # a colon ends an entry of PATH
    export PATH="$bin:$PATH"
}

install_extras() { # what the inputs ask for, which the first step of a job may not have
    local extras=''
    if [ "$INPUT_PULL" = true ]; then extras=storage; fi
    case "$INPUT_REQUIRE_SIGNED$INPUT_REQUIRE_POLICY" in *true*) extras="${extras:+$extras,}verify" ;; esac
    if [ -n "$extras" ]; then pip --constraint "$own/constraints.txt" "gto[$extras]"; fi
}

if [ "$INPUT_PULL" = true ] && command -v cygpath >/dev/null; then
    echo "The input 'pull' is for runners with Linux or macOS: GTO brings no files on Windows" >&2
    exit 1
fi

# In the container of a job the checkout belongs to another user. It is safe for this process alone.
count=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$count=safe.directory" "GIT_CONFIG_VALUE_$count=$PWD" GIT_CONFIG_COUNT=$((count + 1))

# A gto that is there already does, unless it is one from before `gto ci`.
if [ -n "$INPUT_SOURCE" ] || ! gto ci --help >/dev/null 2>&1; then install; fi
if [ -d "$own" ]; then install_extras; fi # someone else's gto is not ours to change

set -- ci
if [ -n "$INPUT_REF" ]; then set -- "$@" "--ref=$INPUT_REF"; fi
if [ "$INPUT_SHOW" = true ]; then set -- "$@" --show; fi
if [ "$INPUT_HISTORY" = true ]; then set -- "$@" --history; fi
if [ "$INPUT_PULL" = true ]; then set -- "$@" --pull; fi
if [ -n "$INPUT_OUT" ]; then set -- "$@" "--out=$INPUT_OUT"; fi
if [ "$INPUT_EXIT_CODE" = true ]; then set -- "$@" --exit-code; fi
if [ "$INPUT_SUMMARY" = true ]; then set -- "$@" --summary; fi
if [ "$INPUT_REQUIRE_SIGNED" = true ]; then set -- "$@" --require-signed; fi
if [ "$INPUT_REQUIRE_POLICY" = true ]; then set -- "$@" --require-policy; fi
if [ -n "$INPUT_ALLOWED_SIGNERS" ]; then set -- "$@" "--allowed-signers=$INPUT_ALLOWED_SIGNERS"; fi

case "$INPUT_PRINT_OUTPUTS$INPUT_SHOW$INPUT_HISTORY" in
*true*) gto "$@" ;;
*) gto "$@" >/dev/null ;;
esac
