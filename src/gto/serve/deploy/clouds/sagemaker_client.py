"""SageMaker, asked by boto3: what it refuses, and what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import DeployFailed, ExtraMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_LIMITS = {"connect_timeout": 5, "read_timeout": 10, "retries": {"total_max_attempts": 2, "mode": "standard"}}
_ANSWER = 70  # seconds: SageMaker gives a model 60 to answer
_MOST_PAGES = 100
_LONGEST_ANSWER = 8 << 20
_HINT = "boto3 finds credentials and region as the AWS CLI does; `aws sts get-caller-identity` says who asks"


class SageMakerMissing(DeployFailed):
    """What is asked for is not there."""


class SageMakerClient:
    """The clients of boto3 for a target."""

    def __init__(self, wanted: WantedDeployment) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise ExtraMissing("To deploy to SageMaker", "boto3", "sagemaker") from error
        values = wanted.target.values
        self._config = Config(**_LIMITS)
        self._session = self._said(boto3.session.Session, profile_name=values["profile"], region_name=values["region"])
        self._client = self._said(self._session.client, "sagemaker", config=self._config)

    def call(self, operation: str, **request: object) -> Json:
        """Return what an operation answers; SageMakerMissing where what it names is not there."""
        found: Json = self._said(getattr(self._client, operation), **request)
        return found

    def find(self, operation: str, **request: object) -> Json | None:
        """Return what an operation answers; None where what it names is not there."""
        try:
            return self.call(operation, **request)
        except SageMakerMissing:
            return None

    def pages(self, operation: str, key: str, **request: object) -> Iterator[Json]:
        """Yield what a list holds."""
        token: Json = {}
        for _ in range(_MOST_PAGES):
            found = self.call(operation, **request, **token)
            yield from found[key]
            if not found.get("NextToken"):
                return
            token = {"NextToken": found["NextToken"]}
        raise DeployFailed(f"SageMaker: {operation} has more than {_MOST_PAGES} pages")

    def tags(self, arn: str) -> list[dict[str, str]]:
        """Return the tags of a resource."""
        return list(self.pages("list_tags", "Tags", ResourceArn=arn))

    def invoke(self, endpoint: str, request: bytes) -> bytes:
        """Send a request to an endpoint, and return the answer."""
        from botocore.config import Config

        runtime = self._said(
            self._session.client, "sagemaker-runtime", config=self._config.merge(Config(read_timeout=_ANSWER))
        )
        found = self._said(runtime.invoke_endpoint, EndpointName=endpoint, ContentType="application/json", Body=request)
        body: bytes = found["Body"].read(_LONGEST_ANSWER)
        return body

    @staticmethod
    def _said(function: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  boto3 tells no types
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return function(*args, **kwargs)
        except ClientError as error:
            told = error.response.get("Error", {})
            message = f"SageMaker: {told.get('Message') or error}"
            if "could not find" in message.lower() or told.get("Code") == "ResourceNotFound":
                raise SageMakerMissing(message) from error
            hint = _HINT if "Denied" in told.get("Code", "") or "Token" in told.get("Code", "") else ""
            raise DeployFailed(message, hint) from error
        except BotoCoreError as error:
            raise DeployFailed(f"boto3: {error}", _HINT) from error
