#!/bin/sh
# Copies MODEL to HOST, to models/NAME/versions/VERSION-COMMIT, and lets models/NAME/stages/STAGE point there in one step.
# For NAME and STAGE a '/' is written '=', so that none of them lies in another.
# SSH_KEY is the text of a private key, SSH_KNOWN_HOSTS the lines by which HOST is known.
# The shell of HOST reads the words once more, so only letters, digits and -_.+/: come through.
set -eu
: "${HOST:?is a variable to set, such as deploy@vm.example.com}"
: "${SSH_KEY:?is a secret to set}" "${SSH_KNOWN_HOSTS:?is a secret to set}"

case "$NAME$VERSION$STAGE$COMMIT" in
*[!A-Za-z0-9_.+/:-]* | *..*)
    echo "There are characters in '$NAME', '$VERSION', '$STAGE' or '$COMMIT' that are not expected" >&2
    exit 1
    ;;
esac
version=$VERSION-$COMMIT
name=$(printf '%s' "$NAME" | tr '/' '=')
stage=$(printf '%s' "$STAGE" | tr '/' '=')

place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
(umask 077 && printf '%s\n' "$SSH_KEY" >"$place/key") # ssh takes no key that others may read
printf '%s\n' "$SSH_KNOWN_HOSTS" >"$place/known_hosts"
tar -cf "$place/model.tar" -C "$(dirname -- "$MODEL")" -- "$(basename -- "$MODEL")" # before anything is touched there

# What is live is never written to: the files of a version at a commit are there as a whole, or not at all.
ssh -i "$place/key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
    -o UserKnownHostsFile="$place/known_hosts" -- "$HOST" "
    set -eu
    mkdir -p 'models/$name/versions' 'models/$name/stages'
    cd 'models/$name'
    if [ ! -e 'versions/$version' ]; then
        new=\$(mktemp -d versions/.new.XXXXXX)
        trap 'rm -rf \"\$new\"' EXIT
        chmod 755 \"\$new\"
        tar -xf - -C \"\$new\"
        mv -T \"\$new\" 'versions/$version'
    fi
    ln -sfn '../versions/$version' 'stages/.$stage.new'
    mv -fT 'stages/.$stage.new' 'stages/$stage'" <"$place/model.tar"
