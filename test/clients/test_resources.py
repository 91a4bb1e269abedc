"""Run groups, run caches, workflows, versions, configurations and batches: created, read, changed, deleted."""

import json

import pytest
from conftest import ROLE_ARN, called

QUICKLY = {"Delay": 0.02, "MaxAttempts": 2000}


def test_run_groups(omics):
    limits = {"maxCpus": 100, "maxRuns": 5, "maxDuration": 60, "maxGpus": 2}
    id = omics.create_run_group(name="group", tags={"a": "b"}, **limits)["id"]
    assert {name: omics.get_run_group(id=id)[name] for name in limits} == limits
    omics.update_run_group(id=id, name="renamed", maxRuns=6)
    group = omics.get_run_group(id=id)
    assert (group["name"], group["maxRuns"], group["maxCpus"], group["tags"]) == ("renamed", 6, 100, {"a": "b"})
    omics.delete_run_group(id=id)
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_run_group(id=id)


def test_run_caches(omics):
    id = omics.create_run_cache(cacheS3Location="s3://acme-cache/one/", cacheBehavior="CACHE_ON_FAILURE")["id"]
    omics.update_run_cache(id=id, cacheBehavior="CACHE_ALWAYS", name="named", description="text")
    cache = omics.get_run_cache(id=id)
    assert cache["cacheBehavior"] == "CACHE_ALWAYS" and cache["status"] == "ACTIVE"
    assert (cache["name"], cache["description"]) == ("named", "text")
    omics.delete_run_cache(id=id)


def test_workflows_and_versions(omics, definition_zip):
    workflow = omics.create_workflow(name="kept", definitionZip=definition_zip, tags={"a": "b"})
    id = workflow["id"]
    omics.get_waiter("workflow_active").wait(id=id, WaiterConfig=QUICKLY)
    omics.update_workflow(id=id, name="renamed", description="text", storageType="STATIC", storageCapacity=2400)
    described = omics.get_workflow(id=id)
    assert (described["name"], described["description"]) == ("renamed", "text")
    version = {"workflowId": id, "versionName": "v1"}
    omics.create_workflow_version(**version, definitionZip=definition_zip)
    omics.get_waiter("workflow_version_active").wait(**version, WaiterConfig=QUICKLY)
    omics.update_workflow_version(**version, description="first")
    assert omics.get_workflow_version(**version)["description"] == "first"
    with pytest.raises(omics.exceptions.ConflictException):
        omics.create_workflow_version(**version, definitionZip=definition_zip)
    run = omics.start_run(
        workflowId=id,
        workflowVersionName="v1",
        roleArn=ROLE_ARN,
        outputUri="s3://acme-results/",
        parameters={"name": "x"},
    )
    assert omics.get_run(id=run["id"])["workflowVersionName"] == "v1"
    omics.delete_workflow_version(**version)
    omics.delete_workflow(id=id)
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_workflow(id=id)


def test_a_definition_in_s3(emulator, omics, definition_zip):
    s3 = emulator.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="acme-definitions")
    s3.put_object(Bucket="acme-definitions", Key="greet.zip", Body=definition_zip)
    id = omics.create_workflow(name="from S3", definitionUri="s3://acme-definitions/greet.zip")["id"]
    omics.get_waiter("workflow_active").wait(id=id, WaiterConfig=QUICKLY)
    assert sorted(omics.get_workflow(id=id)["parameterTemplate"]) == ["name", "times"]


def test_configurations(omics):
    network = {"vpcConfig": {"securityGroupIds": ["sg-0123456789abcdef0"], "subnetIds": ["subnet-0123456789abcdef0"]}}
    omics.create_configuration(name="network", description="text", runConfigurations=network)
    configuration = omics.get_configuration(name="network")
    assert configuration["status"] == "ACTIVE"
    assert configuration["runConfigurations"]["vpcConfig"]["subnetIds"] == ["subnet-0123456789abcdef0"]
    omics.delete_configuration(name="network")


def batch_request(**batch_settings):
    return {
        "batchName": "batch",
        "defaultRunSetting": {"workflowId": "1234567", "roleArn": ROLE_ARN, "outputUri": "s3://acme-results/batch/"},
        "batchRunSettings": batch_settings,
    }


def run_settings(count):
    return [
        {"runSettingId": f"s{number}", "parameters": {"fastq_1": f"s3://acme-incoming/{number}.gz"}}
        for number in range(count)
    ]


def batch_until(omics, id, *statuses):
    for _ in range(20_000):
        batch = omics.get_batch(batchId=id)
        if batch["status"] in statuses:
            return batch
    raise AssertionError(f"batch {id} stayed {batch['status']}")


def test_an_inline_batch_runs_and_is_deleted(omics):
    id = omics.start_run_batch(**batch_request(inlineSettings=run_settings(3)))["id"]
    batch = batch_until(omics, id, "PROCESSED")
    assert batch["totalRuns"] == 3
    assert batch["submissionSummary"]["successfulStartSubmissionCount"] == 3
    assert batch["runSummary"]["completedRunCount"] == 3
    paginator = omics.get_paginator("list_runs_in_batch")
    runs = [run for page in paginator.paginate(batchId=id) for run in page["runs"]]
    assert sorted(run["runSettingId"] for run in runs) == ["s0", "s1", "s2"]
    assert len(omics.list_runs(batchId=id)["items"]) == 3
    assert id in [item["id"] for page in omics.get_paginator("list_batch").paginate() for item in page["items"]]
    omics.delete_run_batch(batchId=id)
    batch_until(omics, id, "RUNS_DELETED")
    assert omics.list_runs(batchId=id)["items"] == []
    omics.delete_batch(batchId=id)
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_batch(batchId=id)


def test_a_batch_from_s3_is_cancelled(emulator, omics):
    s3 = emulator.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="acme-batches")
    s3.put_object(Bucket="acme-batches", Key="runs.json", Body=json.dumps(run_settings(20)))
    id = omics.start_run_batch(**batch_request(s3UriSettings="s3://acme-batches/runs.json"))["id"]
    batch_until(omics, id, "SUBMITTING", "INPROGRESS")
    omics.cancel_run_batch(batchId=id)
    assert batch_until(omics, id, "CANCELLED")["totalRuns"] == 20


def test_every_operation_was_called():
    """Runs last. The 41 operations on runs and what belongs to them."""
    resources = ["RunGroup", "RunCache", "Workflow", "WorkflowVersion", "Configuration"]
    wanted = {
        *(f"{verb}{resource}" for verb in ("Create", "Get", "Delete") for resource in resources),
        *(f"List{resource}s" for resource in resources),
        *("UpdateRunGroup", "UpdateRunCache", "UpdateWorkflow", "UpdateWorkflowVersion"),
        *("StartRun", "GetRun", "ListRuns", "CancelRun", "DeleteRun", "ListRunTasks", "GetRunTask"),
        *("StartRunBatch", "GetBatch", "ListBatch", "ListRunsInBatch", "CancelRunBatch", "DeleteRunBatch", "DeleteBatch"),
        *("TagResource", "UntagResource", "ListTagsForResource"),
    }
    assert len(wanted) == 41
    assert wanted - called == set()
