#!/bin/sh
# Builds an image that holds the model at MODEL, and pushes it as IMAGES/NAME:VERSION.
set -eu

# Names of images hold no ':', and their tags no '+'.
image="$IMAGES/$(printf '%s' "$NAME" | tr ':' '/'):$(printf '%s' "$VERSION" | tr '+' '_')"
if [ -n "${PASSWORD:-}" ]; then
    printf '%s' "$PASSWORD" | docker login --username "$USER" --password-stdin "${IMAGES%%/*}"
fi
docker build --build-arg "MODEL=$MODEL" --label "gto.name=$NAME" --label "gto.version=$VERSION" --tag "$image" .
docker push "$image"
