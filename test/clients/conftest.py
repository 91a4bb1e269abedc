"""Emulators in processes of their own, and the clients that speak to them."""

import io
import os
import re
import subprocess
import threading
import uuid
import zipfile
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
READY_LIMIT_SECONDS = 60
END_LIMIT_SECONDS = 10
CREDENTIALS = {
    "aws_access_key_id": "laptop",
    "aws_secret_access_key": "laptop",
    "region_name": "us-east-1",
}
ROLE_ARN = "arn:aws:iam::000000000000:role/HealthOmicsRunRole"
#: A run of a second: a tenth PENDING, half STARTING, one and a half RUNNING, a tenth STOPPING.
QUICK = [
    "--speed=600",
    *("--duration=PENDING=60", "--duration=STARTING=300", "--duration=RUNNING=900", "--duration=STOPPING=60"),
]
#: Operations that were called, by their API name.
called = set()


class Emulator:
    """`rundrop omics` on a free port."""

    def __init__(self, *options):
        command = [os.environ["CLIENTS_NODE"], str(ROOT / "cli" / "rundrop.mjs"), "omics", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        watchdog = threading.Timer(READY_LIMIT_SECONDS, self.process.kill)
        watchdog.start()
        try:
            self.endpoint = self._endpoint(command)
        finally:
            watchdog.cancel()

    def _endpoint(self, command):
        for line in self.process.stdout:
            found = re.search(r"listens on (http:\S+)", line)
            if found:
                return found.group(1)
        raise RuntimeError(f"{' '.join(command)} ended before it was ready")

    def client(self, service="omics", **config):
        settings = {"inject_host_prefix": False, "retries": {"total_max_attempts": 1}, **config}
        client = boto3.client(service, endpoint_url=self.endpoint, config=Config(**settings), **CREDENTIALS)
        client.meta.events.register("before-call.omics", lambda model, **_: called.add(model.name))
        return client

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(END_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def start_emulator():
    """Starts emulators with options of their own; all end with the session."""
    started = []

    def start(*options):
        emulator = Emulator(*options)
        started.append(emulator)
        return emulator

    yield start
    for emulator in started:
        emulator.stop()


@pytest.fixture(scope="session")
def emulator(start_emulator):
    """Runs here last about two seconds, and as many as wanted go at once."""
    return start_emulator(*QUICK, "--quota", "active-runs-dynamic=1000")


@pytest.fixture(scope="session")
def omics(emulator):
    return emulator.client()


@pytest.fixture
def run_request():
    """Makes StartRun requests that the germline workflow, which is there from the start, takes."""

    def make(**overrides):
        request = {
            "workflowId": "1234567",
            "roleArn": ROLE_ARN,
            "outputUri": "s3://acme-results/clients/",
            "name": f"run-{uuid.uuid4().hex[:8]}",
            "parameters": {"fastq_1": "s3://acme-incoming/a_R1.fastq.gz"},
            "requestId": str(uuid.uuid4()),
        }
        return {**request, **overrides}

    return make


@pytest.fixture
def definition_zip():
    """A WDL workflow with one required and one optional input, as CreateWorkflow takes it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "main.wdl",
            "version 1.0\nworkflow Greet {\n  input {\n    String name\n    Int? times\n  }\n}\n",
        )
    return content.getvalue()


def pytest_collection_modifyitems(items):
    """What every test has called is looked at after all of them."""
    items.sort(key=lambda item: item.name == "test_every_operation_was_called")
