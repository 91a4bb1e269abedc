"""start_run and get_run, member by member as boto3's documentation lists them."""

import datetime
import json
import urllib.request

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from conftest import ROLE_ARN


def test_start_run_answers_every_documented_member(omics, run_request):
    answer = omics.start_run(**run_request(tags={"lab": "a"}))
    assert answer["arn"] == f"arn:aws:omics:us-east-1:000000000000:run/{answer['id']}"
    assert answer["status"] == "PENDING"
    assert answer["tags"] == {"lab": "a"}
    assert len(answer["uuid"]) == 36
    assert answer["runOutputUri"].startswith("s3://acme-results/clients/")
    assert answer["networkingMode"] == "RESTRICTED"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.fixture(scope="module")
def surroundings(omics):
    """What a run with every member refers to."""
    group = omics.create_run_group(name="clients", maxRuns=50)["id"]
    cache = omics.create_run_cache(cacheS3Location="s3://acme-cache/clients/", cacheBehavior="CACHE_ALWAYS")["id"]
    network = {"vpcConfig": {"securityGroupIds": ["sg-0123456789abcdef0"], "subnetIds": ["subnet-0123456789abcdef0"]}}
    omics.create_configuration(name="clients", runConfigurations=network)
    return {"runGroupId": group, "cacheId": cache, "configurationName": "clients"}


def test_get_run_gives_back_every_member_of_start_run(omics, run_request, surroundings):
    request = run_request(
        **surroundings,
        workflowType="PRIVATE",
        cacheBehavior="CACHE_ON_FAILURE",
        priority=7,
        parameters={"fastq_1": "s3://acme-incoming/a.fastq.gz", "sample": "SYN-1"},
        storageCapacity=1200,
        storageType="STATIC",
        logLevel="ERROR",
        tags={"lab": "a", "project": "b c"},
        retentionMode="REMOVE",
        workflowOwnerId="000000000000",
        networkingMode="VPC",
        scratchStorageMode="LOCAL",
        sessionPolicy='{"Version":"2012-10-17","Statement":[]}',
        engineSettings={"engineVersion": "24.10.8"},
    )
    started = omics.start_run(**request)
    assert started["networkingMode"] == "VPC"
    assert started["configuration"]["name"] == "clients"
    run = omics.get_run(id=started["id"])
    configuration = request.pop("configurationName")
    del request["requestId"]
    assert {name: run[name] for name in request} == request
    assert run["configuration"]["name"] == configuration
    assert run["vpcConfig"]["subnetIds"] == ["subnet-0123456789abcdef0"]


def test_get_run_answers_the_members_of_a_run_at_its_end(omics, run_request):
    id = omics.start_run(**run_request())["id"]
    omics.get_waiter("run_completed").wait(id=id, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    run = omics.get_run(id=id)
    assert run["creationTime"] <= run["startTime"] <= run["stopTime"]
    assert isinstance(run["creationTime"], datetime.datetime)
    assert run["workflowType"] == "PRIVATE"
    assert run["startedBy"] == "arn:aws:iam::000000000000:root"
    assert run["storageType"] == "DYNAMIC"
    assert run["retentionMode"] == "RETAIN"
    assert run["logLevel"] == "ALL"
    assert len(run["digest"]) == 64
    assert list(run["resourceDigests"]) == ["s3://acme-incoming/a_R1.fastq.gz"]
    assert run["logLocation"]["engineLogStream"].endswith(f"run/{id}/engine")
    assert run["logLocation"]["runLogStream"].endswith(f"run/{id}")
    assert run["uuid"] and run["workflowUuid"] and run["runOutputUri"]
    assert "failureReason" not in run and "statusMessage" not in run


def test_get_run_of_a_failed_run_says_why(omics, run_request):
    id = omics.start_run(**run_request(tags={"emulate": "FAILED:OUT_OF_MEMORY_ERROR@STARTING"}))["id"]
    with pytest.raises(Exception, match="FAILED"):
        omics.get_waiter("run_completed").wait(id=id, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    run = omics.get_run(id=id)
    assert (run["status"], run["failureReason"]) == ("FAILED", "OUT_OF_MEMORY_ERROR")
    assert "OUT_OF_MEMORY_ERROR" in run["statusMessage"]


def test_get_run_exports_the_definition(omics, definition_zip):
    workflow = omics.create_workflow(name="exported", definitionZip=definition_zip)["id"]
    omics.get_waiter("workflow_active").wait(id=workflow, WaiterConfig={"Delay": 0.05})
    id = omics.start_run(workflowId=workflow, roleArn=ROLE_ARN, outputUri="s3://acme-results/", parameters={"name": "x"})
    link = omics.get_run(id=id["id"], export=["DEFINITION"])["definition"]
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == definition_zip
    assert "definition" not in omics.get_run(id=id["id"])


def test_a_ready2run_workflow_runs(omics, run_request):
    request = run_request(
        workflowId="4974161",
        workflowType="READY2RUN",
        parameters={"inputFASTQ_1": "s3://a-bucket/1.gz", "inputFASTQ_2": "s3://a-bucket/2.gz"},
    )
    run = omics.get_run(id=omics.start_run(**request)["id"])
    assert (run["workflowType"], run["workflowId"]) == ("READY2RUN", "4974161")


def test_a_duplicate_copies_the_rest(omics, run_request):
    original = omics.start_run(**run_request(tags={"lab": "a"}, priority=3, retentionMode="REMOVE"))
    copy = omics.start_run(runId=original["id"], roleArn=ROLE_ARN, outputUri="s3://acme-results/again/")
    assert copy["id"] != original["id"] and copy["uuid"] != original["uuid"]
    before, after = omics.get_run(id=original["id"]), omics.get_run(id=copy["id"])
    same = ["name", "workflowId", "parameters", "priority", "retentionMode", "tags", "storageType", "logLevel"]
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert after["runId"] == original["id"]
    assert after["outputUri"] == "s3://acme-results/again/"


def test_the_same_request_id_gives_the_same_run(omics, run_request):
    request = run_request()
    first, second = omics.start_run(**request), omics.start_run(**request)
    assert (first["id"], first["uuid"]) == (second["id"], second["uuid"])
    with pytest.raises(omics.exceptions.ConflictException):
        omics.start_run(**{**request, "priority": 9})


def test_boto3_makes_a_request_id_of_its_own(omics, run_request):
    request = run_request()
    del request["requestId"]
    assert omics.start_run(**request)["id"] != omics.start_run(**request)["id"]


def test_boto3_finds_missing_members_itself(omics):
    with pytest.raises(ParamValidationError, match="roleArn"):
        omics.start_run(outputUri="s3://acme-results/")
    with pytest.raises(ParamValidationError, match="id"):
        omics.get_run()


def test_parameters_may_be_any_json(run_request, start_emulator):
    lenient = start_emulator("--switch", "parameterCheck=IGNORE").client()
    parameters = json.loads('{"a": [1, 2.5, null, true, {"b": "\\u00e9\\ud83e\\uddec"}], "c": {}}')
    id = lenient.start_run(**run_request(parameters=parameters))["id"]
    assert lenient.get_run(id=id)["parameters"] == parameters
    with pytest.raises(ClientError, match="at most 50 KB"):
        lenient.start_run(**run_request(parameters={"a": "x" * 51_200}))
