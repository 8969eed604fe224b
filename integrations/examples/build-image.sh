#!/bin/sh
# Builds an image that holds the model at MODEL, and pushes it as IMAGES/NAME:VERSION.
set -eu
: "${IMAGES:?is a variable to set, such as ghcr.io/ada}"

# Names of images hold no capitals and no ':', and their tags no '+'. A name that is not as it was ends with a hash, so that
# two of them, such as a/b and a:b, do not become one.
name=$(printf '%s' "$NAME" | tr '[:upper:]:' '[:lower:]/' | sed 's/--*/-/g')
if [ "$name" != "$NAME" ]; then name=$name--$(printf '%s' "$NAME" | sha256sum | cut -c 1-12); fi
image="$IMAGES/$name:$(printf '%s' "$VERSION" | tr '+' '_')"
if [ -n "${IMAGES_PASSWORD:-}" ]; then
    : "${IMAGES_USER:?is a variable to set}"
    printf '%s' "$IMAGES_PASSWORD" | docker login --username "$IMAGES_USER" --password-stdin "${IMAGES%%/*}"
fi
docker build --build-arg "MODEL=$MODEL" --label "gto.name=$NAME" --label "gto.version=$VERSION" --tag "$image" .
docker push "$image"
