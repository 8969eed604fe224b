#!/bin/sh
# Asks, in the repository ENVIRONMENTS (an address to clone), to have NAME of STAGE set to VERSION: a file of values for
# Helm or Kustomize, STAGE/NAME.yaml, that is written anew. A '/' in STAGE and a ':' in NAME are written '=', so that no two
# of them are one file. Only letters, digits and -_.+/: come through.
set -eu
: "${ENVIRONMENTS:?is a variable to set: the address of that repository}"
: "${GH_TOKEN:?is to be set by the secret ENVIRONMENTS_TOKEN}"

case "$NAME$VERSION$STAGE$COMMIT" in
*[!A-Za-z0-9_.+/:-]* | *..*)
    echo "There are characters in '$NAME', '$VERSION', '$STAGE' or '$COMMIT' that are not expected" >&2
    exit 1
    ;;
esac
place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
stage=$(printf '%s' "$STAGE" | tr '/' '=')
name=$(printf '%s' "$NAME" | tr ':' '=')
branch="gto/$stage/$name@$VERSION"
file="$stage/$name.yaml"

gh auth setup-git
git clone --quiet --depth 1 -- "$ENVIRONMENTS" "$place"
cd "$place"
git switch --quiet --create "$branch"
mkdir -p "$(dirname -- "$file")"
printf 'model:\n  name: "%s"\n  version: "%s"\n  commit: "%s"\n' "$NAME" "$VERSION" "$COMMIT" >"$file"
git add -- "$file"
if git diff --cached --quiet; then
    echo "$STAGE has $NAME $VERSION already"
    exit 0
fi
git -c user.name=gto -c user.email=gto@localhost commit --quiet --message "$NAME $VERSION in $STAGE"
git push --quiet --force origin "$branch"
number=$(gh pr list --head "$branch" --state open --json number --jq '.[].number')
if [ -n "$number" ]; then
    echo "Pull request $number asks for it, and has the branch as it is now"
    exit 0
fi
gh pr create --head "$branch" --title "$NAME $VERSION in $STAGE" --body "Assigned by the tag on commit $COMMIT."
