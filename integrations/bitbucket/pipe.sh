#!/bin/sh
# What the pipe does: writes `export GTO_...` lines to the file OUT, which the step then reads: `. ./gto.sh`.
set -eu

cd "${BITBUCKET_CLONE_DIR:-.}"
git config --global --add safe.directory "$PWD" # the clone belongs to the user of the step, not of this container
out=${OUT:-gto.sh}
set -- ci --shell
if [ -n "${REF:-}" ]; then set -- "$@" "--ref=$REF"; fi
if [ "${REQUIRE_POLICY:-false}" = true ]; then set -- "$@" --require-policy; fi
gto "$@" >"$out.new"
mv -- "$out.new" "$out"
