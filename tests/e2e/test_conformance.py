"""Requests of every kind, good and bad, made from the API's own description: no answer breaks it, none is an error of
ours. CONFORMANCE_EXAMPLES says how many of an operation are made at random; a release is tried with 1,000, which
makes more than 5,000 requests."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import TOOLS
from .stack import Stack

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "40"))
FEWEST = 300 + 5 * EXAMPLES  # without what is tried of every operation just once
LONGEST = 3600  # seconds
SETTINGS = f"""
hooks = "{Path(__file__).with_name("conformance_hooks.py")}"

[checks]
# API Gateway refuses a method that no path has with 403 and MiniStack with 404, where the tool wants 405.
unsupported_method.enabled = false
"""


@pytest.mark.timeout(LONGEST)
def test_no_answer_breaks_the_description(stack: Stack, tmp_path: Path) -> None:
    described, settings = tmp_path / "openapi.json", tmp_path / "schemathesis.toml"
    described.write_text(json.dumps(stack.get("/openapi.json").json()))
    settings.write_text(SETTINGS)
    command = [
        *(str(Path(TOOLS, "schemathesis")), "--config-file", str(settings), "run", str(described)),
        *("--url", stack.api_url, "--header", f"x-api-key: {stack.api_key}"),
        *("--max-examples", str(EXAMPLES), "--seed", "1", "--request-timeout", "60", "--suppress-health-check", "all"),
        *("--no-color", "--warnings", "off"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=LONGEST, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    (generated,) = re.findall(r"(\d[\d,]*) generated", ran.stdout)
    assert int(generated.replace(",", "")) >= FEWEST
