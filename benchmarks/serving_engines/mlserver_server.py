"""MLServer with a runtime of one's own, and no worker process, which is its fastest way."""

import asyncio
import os

import mlserver_runtime
from decode import PORT
from mlserver import MLServer, ModelSettings, Settings

HERE = os.path.dirname(os.path.abspath(__file__))


async def main() -> None:
    settings = Settings(
        host="127.0.0.1",
        http_port=PORT,
        grpc_port=0,
        metrics_port=0,
        parallel_workers=0,
        debug=False,
        use_structured_logging=False,
    )
    server = MLServer(settings)
    model = ModelSettings(name="model", implementation=mlserver_runtime.Runtime)
    await server.start([model])


if __name__ == "__main__":
    asyncio.run(main())
