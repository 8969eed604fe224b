#!/bin/sh
# What the pipe does: writes `export GTO_...` lines to the file OUT, which the step then reads: `. ./gto.sh`.
set -eu

cd "${BITBUCKET_CLONE_DIR:-.}"
git config --global --add safe.directory "$PWD" # the clone belongs to the user of the step, not of this container
if [ -n "${BITBUCKET_GIT_HTTP_ORIGIN:-}" ]; then
    # The proxy that holds the credentials is on localhost for the step, and the clone says so; a pipe finds it elsewhere.
    # The clone gets its settings back, as later commands of the step need them.
    settings=$(git rev-parse --git-path config)
    cp -p -- "$settings" "$settings.before"
    trap 'mv -- "$settings.before" "$settings"' EXIT
    git config "http.$BITBUCKET_GIT_HTTP_ORIGIN.proxy" http://host.docker.internal:29418/
fi
out=${OUT:-gto.sh}
set -- ci --shell
if [ -n "${REF:-}" ]; then set -- "$@" "--ref=$REF"; fi
if [ "${REQUIRE_POLICY:-false}" = true ]; then set -- "$@" --require-policy; fi
gto "$@" >"$out.new"
mv -- "$out.new" "$out"
