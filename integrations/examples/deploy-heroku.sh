#!/bin/sh
# Builds the image of the Dockerfile here with the model at MODEL, and releases it to the app APP-STAGE.
set -eu

app="$APP-$STAGE"
heroku container:login
heroku container:push web --app "$app" --arg "MODEL=$MODEL,VERSION=$VERSION"
heroku container:release web --app "$app"
heroku config:set "MODEL_VERSION=$VERSION" --app "$app"
