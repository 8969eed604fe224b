"""BentoML's server with one worker."""

import os
import sys

os.environ["BENTOML_DO_NOT_TRACK"] = "True"
bentoml = os.path.join(os.path.dirname(sys.executable), "bentoml")
words = ["serve", "bentoml_service:Service", "--host", "127.0.0.1", "--port", os.environ["BENCH_PORT"]]
os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.execv(bentoml, [bentoml, *words])  # noqa: S606  BentoML's own command
