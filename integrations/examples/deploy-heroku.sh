#!/bin/sh
# Builds the image of the Dockerfile here with the model at MODEL, and releases it to the app APP-STAGE.
set -eu
: "${APP:?is to be set by the variable HEROKU_APP}" "${HEROKU_API_KEY:?is a secret to set}"

case "$MODEL$VERSION" in
*,*)
    echo "A comma in '$MODEL' or '$VERSION' would begin another argument of the image" >&2
    exit 1
    ;;
esac
app="$APP-$STAGE"
heroku container:login
heroku container:push web --app "$app" --arg "MODEL=$MODEL,VERSION=$VERSION"
heroku container:release web --app "$app"
heroku config:set "MODEL_VERSION=$VERSION" --app "$app"
