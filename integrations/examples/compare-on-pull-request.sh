#!/bin/sh
# Writes the comparison of NAME in STAGE with what is checked out under the pull request NUMBER; once, then over itself.
set -eu

gto diff "$NAME#$STAGE" HEAD --name "$NAME" --md >comparison.md
gh pr comment "$NUMBER" --edit-last --create-if-none --body-file comparison.md
