#!/bin/sh
# What the pipe does: writes `export GTO_...` lines to the file OUT, which the step then reads: `. ./gto.sh`.
set -eu

cd "${BITBUCKET_CLONE_DIR:-.}"
git config --global --add safe.directory "$PWD" # the clone belongs to the user of the step, not of this container
if [ -n "${BITBUCKET_GIT_HTTP_ORIGIN:-}" ]; then
    # The proxy that holds the credentials is on localhost for the step, and the clone says so; a pipe finds it elsewhere.
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$BITBUCKET_GIT_HTTP_ORIGIN.proxy"
    export GIT_CONFIG_VALUE_0=http://host.docker.internal:29418/
fi
out=${OUT:-gto.sh}
set -- ci --shell
if [ -n "${REF:-}" ]; then set -- "$@" "--ref=$REF"; fi
if [ "${REQUIRE_POLICY:-false}" = true ]; then set -- "$@" --require-policy; fi
new=$(mktemp -- "$out.XXXXXX") # a name that no commit can hold as a link to another file
trap 'rm -f -- "$new"' EXIT
gto "$@" >"$new"
chmod 644 -- "$new" # the user of the step reads it
mv -fT -- "$new" "$out"
