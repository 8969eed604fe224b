#!/bin/sh
# Builds the image of the Dockerfile here with the model at MODEL, and releases it to the app APP-STAGE.
# Only letters, digits and -_.+/:=@ come through; a comma would begin another argument of the image.
set -eu
: "${APP:?is to be set by the variable HEROKU_APP}" "${HEROKU_API_KEY:?is a secret to set}"

case "$MODEL$VERSION$STAGE$APP" in
*[!A-Za-z0-9_.+/:=@-]* | *..*)
    echo "There are characters in '$MODEL', '$VERSION', '$STAGE' or '$APP' that are not expected" >&2
    exit 1
    ;;
esac
app="$APP-$STAGE"
heroku container:login
heroku container:push web --app "$app" --arg "MODEL=$MODEL,VERSION=$VERSION"
heroku container:release web --app "$app"
heroku config:set "MODEL_VERSION=$VERSION" --app "$app"
