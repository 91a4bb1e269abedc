"""The waiters and paginators that botocore makes from the model."""

import pytest
from botocore.exceptions import WaiterError

QUICKLY = {"Delay": 0.02, "MaxAttempts": 2000}


def test_run_running_and_task_waiters(omics, run_request):
    id = omics.start_run(**run_request())["id"]
    omics.get_waiter("run_running").wait(id=id, WaiterConfig=QUICKLY)
    task = None
    for _ in range(10_000):
        items = omics.list_run_tasks(id=id)["items"]
        if items:
            task = items[0]["taskId"]
            break
    omics.get_waiter("task_running").wait(id=id, taskId=task, WaiterConfig=QUICKLY)
    omics.get_waiter("task_completed").wait(id=id, taskId=task, WaiterConfig=QUICKLY)
    omics.get_waiter("run_completed").wait(id=id, WaiterConfig=QUICKLY)
    assert omics.get_run(id=id)["status"] == "COMPLETED"


def test_run_running_fails_for_a_run_that_fails(omics, run_request):
    id = omics.start_run(**run_request(tags={"emulate": "FAILED:IMPORT_FAILED@STARTING"}))["id"]
    with pytest.raises(WaiterError):
        # STOPPING is a status that this waiter does not know, FAILED is one that ends it.
        omics.get_waiter("run_running").wait(id=id, WaiterConfig=QUICKLY)


def test_workflow_waiters(omics, definition_zip):
    id = omics.create_workflow(name="waited", definitionZip=definition_zip)["id"]
    omics.get_waiter("workflow_active").wait(id=id, WaiterConfig=QUICKLY)
    version = {"workflowId": id, "versionName": "v1"}
    omics.create_workflow_version(**version, definitionZip=definition_zip)
    omics.get_waiter("workflow_version_active").wait(**version, WaiterConfig=QUICKLY)
    broken = omics.create_workflow(name="broken", definitionZip=b"no zip")["id"]
    with pytest.raises(WaiterError, match="FAILED"):
        omics.get_waiter("workflow_active").wait(id=broken, WaiterConfig=QUICKLY)
    assert omics.get_workflow(id=broken)["statusMessage"]


def pages(omics, operation, size=2, **arguments):
    config = {"PageSize": size}
    return list(omics.get_paginator(operation).paginate(**arguments, PaginationConfig=config))


def test_list_runs_pages_through_all_once(omics, run_request):
    group = omics.create_run_group(name="paged")["id"]
    started = [omics.start_run(**run_request(runGroupId=group))["id"] for _ in range(5)]
    found = pages(omics, "list_runs", runGroupId=group)
    assert [len(page["items"]) for page in found] == [2, 2, 1]
    assert [item["id"] for page in found for item in page["items"]] == started[::-1]
    limited = omics.get_paginator("list_runs").paginate(
        runGroupId=group, PaginationConfig={"MaxItems": 3, "PageSize": 2}
    )
    assert len(limited.build_full_result()["items"]) == 3


def test_the_other_lists_page(omics, run_request, definition_zip):
    for _ in range(3):
        omics.create_run_group(name="many")
        omics.create_run_cache(cacheS3Location="s3://acme-cache/many/", cacheBehavior="CACHE_ON_FAILURE")
    workflow = omics.create_workflow(name="versioned", definitionZip=definition_zip)["id"]
    omics.get_waiter("workflow_active").wait(id=workflow, WaiterConfig=QUICKLY)
    network = {"vpcConfig": {"securityGroupIds": ["sg-0123456789abcdef0"], "subnetIds": ["subnet-0123456789abcdef0"]}}
    for number in range(3):
        omics.create_workflow_version(
            workflowId=workflow, versionName=f"v{number}", definitionZip=definition_zip
        )
        omics.create_configuration(name=f"paged-{number}", runConfigurations=network)
    run = omics.start_run(**run_request())["id"]
    omics.get_waiter("run_completed").wait(id=run, WaiterConfig=QUICKLY)
    for operation, arguments, least in [
        ("list_run_groups", {}, 3),
        ("list_run_groups", {"name": "many"}, 3),
        ("list_run_caches", {}, 3),
        ("list_workflows", {"type": "PRIVATE"}, 5),
        ("list_workflows", {"type": "READY2RUN"}, 3),
        ("list_workflow_versions", {"workflowId": workflow}, 3),
        ("list_configurations", {}, 3),
        ("list_run_tasks", {"id": run}, 3),
    ]:
        found = [item for page in pages(omics, operation, **arguments) for item in page["items"]]
        assert len(found) >= least, operation
        assert len({repr(item) for item in found}) == len(found), operation


def test_a_token_of_another_list_is_refused(omics, run_request):
    for _ in range(2):
        omics.start_run(**run_request())
    token = omics.list_runs(maxResults=1)["nextToken"]
    with pytest.raises(omics.exceptions.ValidationException, match="token"):
        omics.list_runs(maxResults=1, status="FAILED", startingToken=token)
