#!/bin/sh
# Points the InferenceService NAME in the namespace STAGE at MODELS/NAME/VERSION, and waits until it serves that.
# MODELS is an address such as s3://bucket/models, KUBE_CONFIG the text of a kubeconfig.
# A name that no service may have is changed, and ends with a hash. Only letters, digits and -_.+/: come through.
set -eu
: "${MODELS:?is a variable to set, such as s3://bucket/models}" "${KUBE_CONFIG:?is a secret to set}"

case "$NAME$VERSION$STAGE$MODELS" in
*[!A-Za-z0-9_.+/:-]* | *..*)
    echo "There are characters in '$NAME', '$VERSION', '$STAGE' or '$MODELS' that are not expected" >&2
    exit 1
    ;;
esac
case "$STAGE" in
*[!a-z0-9-]*)
    echo "No namespace can be called '$STAGE'" >&2
    exit 1
    ;;
esac
place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
printf '%s\n' "$KUBE_CONFIG" >"$place/config" # in a directory that no other user may enter
export KUBECONFIG="$place/config"

# A service's name holds small letters, digits and '-', begins with a letter, and leaves room for what KServe adds.
service=$(printf '%s' "$NAME" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9' '-')
service=$(printf '%s' "$service" | sed 's/--*/-/g; s/^[^a-z]/m&/; s/-$//' | cut -c 1-30)
if [ "$service" != "$NAME" ]; then service=$service--$(printf '%s' "$NAME" | sha256sum | cut -c 1-12); fi

label=$(printf '%s' "$VERSION" | tr '+' '_') # a label's value holds no '+'
patch='{"metadata": {"labels": {"gto/version": "%s"}}, "spec": {"predictor": {"model": {"storageUri": "%s"}}}}'
# shellcheck disable=SC2059 # the pattern is ours
patch=$(printf "$patch" "$label" "$MODELS/$NAME/$VERSION")
said=$(kubectl patch inferenceservice "$service" --namespace "$STAGE" --type merge --patch "$patch")
echo "$said"

# Right after the patch, Ready may still be that of the version before, and status.observedGeneration does not tell: it
# counts what KServe makes of a service (github.com/kserve/kserve/issues/6081). So a pod with the label is awaited first.
pods="serving.kserve.io/inferenceservice=$service,gto/version=$label"
end=$(($(date +%s) + 600))
case "$said" in
*"(no change)"*) end=0 ;; # it has the version already, and no pod if it has scaled to zero
esac
while [ "$end" -gt 0 ] &&
    ! kubectl wait pod --namespace "$STAGE" --selector "$pods" --for condition=Ready --timeout 30s; do
    if [ "$(date +%s)" -ge "$end" ]; then
        kubectl describe inferenceservice "$service" --namespace "$STAGE"
        echo "No pod of '$service' serves $VERSION after 10 minutes" >&2
        exit 1
    fi
    sleep 5
done
kubectl wait "inferenceservice/$service" --namespace "$STAGE" --for condition=Ready --timeout 10m
