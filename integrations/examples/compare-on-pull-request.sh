#!/bin/sh
# Writes the comparison of NAME in STAGE with what is checked out under the pull request NUMBER; once, then over itself.
set -eu

version=$(gto show "$NAME#$STAGE" --version)
if [ -n "$version" ]; then
    gto diff "$NAME#$STAGE" HEAD --name "$NAME" --md >comparison.md
else
    echo "No version of \`$NAME\` is in \`$STAGE\` yet: there is nothing to compare with." >comparison.md
fi
gh pr comment "$NUMBER" --edit-last --create-if-none --body-file comparison.md
