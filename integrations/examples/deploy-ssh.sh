#!/bin/sh
# Copies MODEL to HOST, to models/NAME/VERSION, and lets models/NAME/STAGE point there in one step.
# The shell of HOST reads the words once more, so only letters, digits and -_.+/:= come through.
set -eu

case "$NAME$VERSION$STAGE" in
*[!A-Za-z0-9_.+/:=-]* | *..*)
    echo "There are characters in '$NAME', '$VERSION' or '$STAGE' that are not expected" >&2
    exit 1
    ;;
esac
tar -c -C "$(dirname -- "$MODEL")" -- "$(basename -- "$MODEL")" |
    ssh -o BatchMode=yes -- "$HOST" "mkdir -p 'models/$NAME/$VERSION' && tar -x -C 'models/$NAME/$VERSION'"
ssh -o BatchMode=yes -- "$HOST" \
    "cd 'models/$NAME' && ln -sfn '$VERSION' '.$STAGE.new' && mv -fT '.$STAGE.new' '$STAGE'"
