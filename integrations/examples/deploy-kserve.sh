#!/bin/sh
# Points the InferenceService NAME in the namespace STAGE at MODELS/NAME/VERSION, and waits until it serves that.
# MODELS is an address such as s3://bucket/models. Only letters, digits and -_.+/: come through.
set -eu

case "$NAME$VERSION$STAGE$MODELS" in
*[!A-Za-z0-9_.+/:-]*)
    echo "There are characters in '$NAME', '$VERSION', '$STAGE' or '$MODELS' that are not expected" >&2
    exit 1
    ;;
esac
service=$(printf '%s' "$NAME" | tr '/:_.' '----' | tr 'A-Z' 'a-z')
patch='{"metadata": {"annotations": {"gto/version": "%s"}}, "spec": {"predictor": {"model": {"storageUri": "%s"}}}}'
# shellcheck disable=SC2059 # the pattern is ours
patch=$(printf "$patch" "$VERSION" "$MODELS/$NAME/$VERSION")
kubectl patch inferenceservice "$service" --namespace "$STAGE" --type merge --patch "$patch"
kubectl wait "inferenceservice/$service" --namespace "$STAGE" --for condition=Ready --timeout 10m
