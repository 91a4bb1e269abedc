"""Listing, cancelling, deleting, tagging and tasks; and a whole session of a person with a workflow of their own."""

import uuid

import pytest
from conftest import ROLE_ARN

QUICKLY = {"Delay": 0.05, "MaxAttempts": 600}


def test_a_session_from_a_zip_to_a_tagged_run(omics, definition_zip):
    workflow = omics.create_workflow(name="greet", definitionZip=definition_zip, requestId=str(uuid.uuid4()))
    omics.get_waiter("workflow_active").wait(id=workflow["id"], WaiterConfig=QUICKLY)
    described = omics.get_workflow(id=workflow["id"])
    assert described["engine"] == "WDL"
    assert sorted(described["parameterTemplate"]) == ["name", "times"]

    name = f"session-{uuid.uuid4().hex[:8]}"
    request = {"roleArn": ROLE_ARN, "outputUri": "s3://acme-results/"}
    run = omics.start_run(workflowId=workflow["id"], name=name, parameters={"name": "x"}, **request)
    copy = omics.start_run(runId=run["id"], **request)
    assert {item["id"] for item in omics.list_runs(name=name)["items"]} == {run["id"], copy["id"]}

    omics.cancel_run(id=copy["id"])
    omics.get_waiter("run_completed").wait(id=run["id"], WaiterConfig=QUICKLY)
    assert omics.get_run(id=copy["id"])["status"] == "CANCELLED"
    omics.delete_run(id=copy["id"])
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_run(id=copy["id"])

    omics.tag_resource(resourceArn=run["arn"], tags={"lab": "a", "kept": "yes"})
    omics.untag_resource(resourceArn=run["arn"], tagKeys=["lab"])
    assert omics.list_tags_for_resource(resourceArn=run["arn"])["tags"] == {"kept": "yes"}
    assert omics.get_run(id=run["id"])["tags"] == {"kept": "yes"}
    assert [item["id"] for item in omics.list_runs(name=name)["items"]] == [run["id"]]


def test_list_runs_items_have_the_documented_members_only(omics, run_request):
    request = run_request(priority=2, tags={"lab": "a"}, retentionMode="REMOVE")
    id = omics.start_run(**request)["id"]
    (item,) = omics.list_runs(name=request["name"])["items"]
    assert item["id"] == id and item["priority"] == 2 and item["workflowId"] == "1234567"
    assert not {"retentionMode", "uuid", "tags", "runGroupId", "failureReason"} & set(item)


def test_list_runs_filters(omics, run_request):
    group = omics.create_run_group(name="filtered")["id"]
    hanging = omics.start_run(**run_request(runGroupId=group, tags={"emulate": "HANG:PENDING"}))["id"]
    assert [item["id"] for item in omics.list_runs(runGroupId=group, status="PENDING")["items"]] == [hanging]
    assert omics.list_runs(runGroupId=group, status="RUNNING")["items"] == []
    omics.cancel_run(id=hanging)


def test_cancel_of_an_ended_run_is_a_conflict(omics, run_request):
    id = omics.start_run(**run_request())["id"]
    with pytest.raises(omics.exceptions.ConflictException):
        omics.delete_run(id=id)
    assert omics.cancel_run(id=id)["ResponseMetadata"]["HTTPStatusCode"] == 202
    statuses = wait_for_end(omics, id)
    assert statuses[-1] == "CANCELLED"
    with pytest.raises(omics.exceptions.ConflictException):
        omics.cancel_run(id=id)


def test_tasks_of_a_run(omics, run_request):
    id = omics.start_run(**run_request())["id"]
    omics.get_waiter("run_completed").wait(id=id, WaiterConfig=QUICKLY)
    tasks = omics.list_run_tasks(id=id)["items"]
    assert len(tasks) >= 3
    assert {task["status"] for task in tasks} == {"COMPLETED"}
    assert omics.list_run_tasks(id=id, status="RUNNING")["items"] == []
    task = omics.get_run_task(id=id, taskId=tasks[0]["taskId"])
    assert task["creationTime"] <= task["startTime"] <= task["stopTime"]
    assert task["instanceType"].startswith("omics.")
    assert task["logStream"].endswith(f"run/{id}/task/{task['taskId']}")


def wait_for_end(omics, id):
    """Every status seen on the way; the real time of a run here is two seconds."""
    statuses = []
    for _ in range(10_000):
        status = omics.get_run(id=id)["status"]
        if status not in statuses:
            statuses.append(status)
        if status in ("COMPLETED", "FAILED", "CANCELLED"):
            return statuses
    raise AssertionError(f"run {id} did not end: {statuses}")
