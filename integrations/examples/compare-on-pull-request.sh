#!/bin/sh
# Writes the comparison of NAME in STAGE with what is checked out under the pull request NUMBER; once, then over itself.
# Its first line, which a page does not show, tells the comment from others. Where the job may not comment, as on a pull
# request from another repository, HEAD_REPO, the comparison goes to the summary of the job.
set -eu

export MARKER="<!-- gto-compare $NAME $STAGE -->"
place=$(mktemp -d) # where no pull request can have put a link
trap 'rm -rf -- "$place"' EXIT
comparison="$place/comparison.md"
version=$(gto show "$NAME#$STAGE" --version)
printf '%s\n' "$MARKER" >"$comparison"
if [ -n "$version" ]; then
    gto diff "$NAME#$STAGE" HEAD --name "$NAME" --md >>"$comparison"
else
    echo "No version of \`$NAME\` is in \`$STAGE\` yet: there is nothing to compare with." >>"$comparison"
fi

comment() {
    issues="repos/$GITHUB_REPOSITORY/issues"
    ours='.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id'
    ids=$(gh api --paginate --jq "$ours" "$issues/$NUMBER/comments") || return
    if [ -n "$ids" ]; then
        id=$(printf '%s\n' "$ids" | head -n 1)
        gh api --silent --method PATCH --field "body=@$comparison" "$issues/comments/$id"
    else
        gh api --silent --method POST --field "body=@$comparison" "$issues/$NUMBER/comments"
    fi
}

if [ "$HEAD_REPO" != "$GITHUB_REPOSITORY" ] || ! comment; then
    cat "$comparison" >>"$GITHUB_STEP_SUMMARY"
    echo "The comparison is in the summary of this job, which may not comment"
fi
