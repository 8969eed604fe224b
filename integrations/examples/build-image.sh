#!/bin/sh
# Builds an image that holds the model at MODEL, and pushes it as IMAGES/NAME:VERSION.
set -eu
: "${IMAGES:?is a variable to set, such as ghcr.io/ada}"

# Names of images hold no capitals and no ':', and their tags no '+'.
image="$IMAGES/$(printf '%s' "$NAME" | tr ':A-Z' '/a-z'):$(printf '%s' "$VERSION" | tr '+' '_')"
if [ -n "${IMAGES_PASSWORD:-}" ]; then
    : "${IMAGES_USER:?is a variable to set}"
    printf '%s' "$IMAGES_PASSWORD" | docker login --username "$IMAGES_USER" --password-stdin "${IMAGES%%/*}"
fi
docker build --build-arg "MODEL=$MODEL" --label "gto.name=$NAME" --label "gto.version=$VERSION" --tag "$image" .
docker push "$image"
