#!/usr/bin/env bash
# What the action does: finds or installs gto, and runs `gto ci` with what the inputs say.
set -euo pipefail

install() {
    local python bin place="${RUNNER_TEMP:-${TMPDIR:-/tmp}}/gto"
    for python in python3 python ''; do
        if [ -z "$python" ]; then
            echo "GTO needs Python 3.11 or later: put a step with actions/setup-python before this one" >&2
            exit 1
        fi
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
    done
    "$python" -m venv "$place"
    bin="$place/bin"
    if [ -d "$place/Scripts" ]; then bin="$place/Scripts"; fi # as Python has it on Windows
    "$bin/python" -m pip install --quiet --disable-pip-version-check "${INPUT_SOURCE:-$GITHUB_ACTION_PATH}"
    export PATH="$bin:$PATH"
    if [ -n "${GITHUB_PATH:-}" ]; then echo "$bin" >>"$GITHUB_PATH"; fi # later steps may want gto too
}

# A gto that is there already does, unless it is one from before `gto ci`.
if [ -n "$INPUT_SOURCE" ] || ! gto ci --help >/dev/null 2>&1; then install; fi

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

case "$INPUT_PRINT_OUTPUTS$INPUT_SHOW$INPUT_HISTORY" in
*true*) gto "$@" ;;
*) gto "$@" >/dev/null ;;
esac
