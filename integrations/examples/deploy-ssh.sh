#!/bin/sh
# Copies MODEL to HOST, to models/NAME/VERSION, and lets models/NAME/STAGE point there in one step.
# SSH_KEY is the text of a private key, SSH_KNOWN_HOSTS the lines by which HOST is known.
# The shell of HOST reads the words once more, so only letters, digits and -_.+/:= come through.
set -eu
: "${HOST:?is a variable to set, such as deploy@vm.example.com}"
: "${SSH_KEY:?is a secret to set}" "${SSH_KNOWN_HOSTS:?is a secret to set}"

case "$NAME$VERSION$STAGE" in
*[!A-Za-z0-9_.+/:=-]* | *..*)
    echo "There are characters in '$NAME', '$VERSION' or '$STAGE' that are not expected" >&2
    exit 1
    ;;
esac
if [ ! -e "$MODEL" ]; then
    echo "There is no '$MODEL' to copy" >&2
    exit 1
fi
place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
(umask 077 && printf '%s\n' "$SSH_KEY" >"$place/key") # ssh takes no key that others may read
printf '%s\n' "$SSH_KNOWN_HOSTS" >"$place/known_hosts"

remote() {
    ssh -i "$place/key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
        -o UserKnownHostsFile="$place/known_hosts" -- "$HOST" "$1"
}

tar -c -C "$(dirname -- "$MODEL")" -- "$(basename -- "$MODEL")" |
    remote "mkdir -p 'models/$NAME/$VERSION' && tar -x -C 'models/$NAME/$VERSION'"
remote "cd 'models/$NAME' && ln -sfn '$VERSION' '.$STAGE.new' && mv -fT '.$STAGE.new' '$STAGE'"
