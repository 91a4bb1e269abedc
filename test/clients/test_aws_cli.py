"""The AWS CLI, as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROLE_ARN

AWS = Path(os.environ["CLIENTS_BIN"]) / ("aws.cmd" if sys.platform == "win32" else "aws")


class CommandFailed(Exception):
    pass


@pytest.fixture(scope="module")
def aws(emulator):
    variables = {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "laptop",
        "AWS_SECRET_ACCESS_KEY": "laptop",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }

    def run(*arguments):
        command = [str(AWS), "omics", *arguments]
        done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise CommandFailed(done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def start(aws, name, *more):
    return aws(
        "start-run",
        *("--workflow-id", "1234567", "--role-arn", ROLE_ARN, "--output-uri", "s3://acme-results/cli/"),
        *("--name", name, "--parameters", '{"fastq_1": "s3://acme-incoming/a.gz"}', *more),
    )


def test_start_get_list_tag_cancel_delete(aws):
    run = start(aws, "cli-one", "--tags", "lab=a", "--retention-mode", "REMOVE")
    assert run["status"] == "PENDING" and run["tags"] == {"lab": "a"}
    described = aws("get-run", "--id", run["id"])
    assert described["name"] == "cli-one" and described["uuid"] == run["uuid"]
    assert [item["id"] for item in aws("list-runs", "--name", "cli-one")["items"]] == [run["id"]]
    copy = aws(
        *("start-run", "--run-id", run["id"], "--role-arn", ROLE_ARN, "--output-uri", "s3://acme-results/cli/"),
        *("--tags", "emulate=HANG:PENDING"),
    )
    assert copy["id"] != run["id"]
    aws("tag-resource", "--resource-arn", run["arn"], "--tags", "kept=yes")
    aws("untag-resource", "--resource-arn", run["arn"], "--tag-keys", "lab")
    assert aws("list-tags-for-resource", "--resource-arn", run["arn"]) == {"tags": {"kept": "yes"}}
    aws("cancel-run", "--id", copy["id"])
    for _ in range(100):
        if aws("get-run", "--id", copy["id"])["status"] == "CANCELLED":
            break
    aws("delete-run", "--id", copy["id"])
    with pytest.raises(CommandFailed, match="ResourceNotFoundException"):
        aws("get-run", "--id", copy["id"])


def test_a_workflow_from_a_zip_file(aws, definition_zip, tmp_path):
    file = tmp_path / "greet.zip"
    file.write_bytes(definition_zip)
    workflow = aws("create-workflow", "--name", "cli", "--definition-zip", f"fileb://{file}")
    aws("wait", "workflow-active", "--id", workflow["id"])
    assert "name" in aws("get-workflow", "--id", workflow["id"])["parameterTemplate"]


def test_lists_are_paged_by_the_cli(aws):
    for number in range(3):
        start(aws, f"cli-page-{number}")
    listed = aws("list-runs", "--page-size", "1", "--max-items", "2")
    assert len(listed["items"]) == 2 and listed["NextToken"]


def test_errors_are_named(aws):
    with pytest.raises(CommandFailed, match=r"ValidationException.*StartRun.*fastq_1"):
        aws("start-run", "--workflow-id", "1234567", "--role-arn", ROLE_ARN, "--output-uri", "s3://acme-results/")
    with pytest.raises(CommandFailed, match="ResourceNotFoundException.*GetRun"):
        aws("get-run", "--id", "9999999")
