#!/bin/sh
# Uploads MODEL, makes a model and a configuration for it, and has the endpoint NAME-STAGE serve them.
# Only letters, digits and -_.+/:= come through.
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
plain() { printf '%s' "$1" | tr -c 'A-Za-z0-9' '-'; } # names in SageMaker hold no other characters
endpoint=$(plain "$NAME-$STAGE")
model=$(plain "$NAME-$VERSION-$STAGE-$(date +%s)") # an assignment may come back to a version
address="s3://$BUCKET/$NAME/$VERSION/model.tar.gz"

tar -czf model.tar.gz -C "$(dirname -- "$MODEL")" -- "$(basename -- "$MODEL")"
aws s3 cp model.tar.gz "$address"
aws sagemaker create-model --model-name "$model" --execution-role-arn "$ROLE" \
    --primary-container "{\"Image\": \"$IMAGE\", \"ModelDataUrl\": \"$address\"}"
variant="{\"VariantName\": \"all\", \"ModelName\": \"$model\", \"InstanceType\": \"${INSTANCE:-ml.m5.large}\", \
\"InitialInstanceCount\": 1}"
aws sagemaker create-endpoint-config --endpoint-config-name "$model" --production-variants "[$variant]"
if aws sagemaker describe-endpoint --endpoint-name "$endpoint" >/dev/null 2>&1; then
    aws sagemaker update-endpoint --endpoint-name "$endpoint" --endpoint-config-name "$model"
else
    aws sagemaker create-endpoint --endpoint-name "$endpoint" --endpoint-config-name "$model"
fi
aws sagemaker wait endpoint-in-service --endpoint-name "$endpoint"
