"""A bare handler of FastAPI: no body model, no check."""

from typing import Any

import uvicorn
from decode import PORT, answer
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/v2/models/model/infer")
async def infer(request: Request) -> Any:  # noqa: ANN401  JSON
    return answer(await request.json())


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
