#!/bin/sh
# Uploads MODEL, makes a model and a configuration for it, and has the endpoint NAME-STAGE serve them.
# Only letters, digits and -_.+/:=@ come through.
set -eu
: "${BUCKET:?is a variable to set}" "${AWS_REGION:?is a variable to set}"
: "${IMAGE:?is to be set by the variable SERVING_IMAGE}" "${ROLE:?is to be set by the variable SAGEMAKER_ROLE}"
: "${AWS_ACCESS_KEY_ID:?is a secret to set}" "${AWS_SECRET_ACCESS_KEY:?is a secret to set}"

case "$NAME$VERSION$STAGE$BUCKET$IMAGE$ROLE" in
*[!A-Za-z0-9_.+/:=@-]* | *..*)
    echo "There are characters in what was given that are not expected" >&2
    exit 1
    ;;
esac

# Names in SageMaker hold up to 63 letters, digits and '-'. An endpoint's ends with a hash where two could become one, such
# as churn-eu in prod and churn in eu-prod.
plain() { printf '%s' "$1" | tr -c 'A-Za-z0-9' '-' | sed 's/^-*//' | cut -c "1-$2"; }
hash=$(printf '%s' "$NAME $STAGE" | sha256sum | cut -c 1-12)
endpoint=$NAME-$STAGE
if [ -n "$(printf '%s' "$NAME$STAGE" | tr -d 'a-z0-9')" ] || [ "${#endpoint}" -gt 63 ]; then
    endpoint=$(plain "$endpoint" 49)--$hash
fi
version=$(plain "$NAME-$VERSION" 39)-$hash-$(date +%s) # an assignment may come back to a version

place=$(mktemp -d)
trap 'rm -rf -- "$place"' EXIT
archive="$place/model.tar.gz"
case "$MODEL" in
*.tar.gz) cp -- "$MODEL" "$archive" ;;
*) tar -czf "$archive" -C "$(dirname -- "$MODEL")" -- "$(basename -- "$MODEL")" ;;
esac
address="s3://$BUCKET/$NAME/$VERSION/model.tar.gz"
aws s3 cp "$archive" "$address"
aws sagemaker create-model --model-name "$version" --execution-role-arn "$ROLE" \
    --primary-container "{\"Image\": \"$IMAGE\", \"ModelDataUrl\": \"$address\"}"
variant="{\"VariantName\": \"all\", \"ModelName\": \"$version\", \"InstanceType\": \"${INSTANCE:-ml.m5.large}\", \
\"InitialInstanceCount\": 1}"
aws sagemaker create-endpoint-config --endpoint-config-name "$version" --production-variants "[$variant]"
if aws sagemaker describe-endpoint --endpoint-name "$endpoint" >/dev/null 2>&1; then
    aws sagemaker update-endpoint --endpoint-name "$endpoint" --endpoint-config-name "$version"
else
    aws sagemaker create-endpoint --endpoint-name "$endpoint" --endpoint-config-name "$version"
fi
aws sagemaker wait endpoint-in-service --endpoint-name "$endpoint"
echo "The endpoint is $endpoint"
