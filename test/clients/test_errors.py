"""Every error class that the model has, as boto3 raises it."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, HTTPClientError


@pytest.fixture(scope="module")
def faulty(start_emulator):
    """Each operation fails in a way of its own, at every call."""
    return start_emulator(
        "--fault=GetRun=SERVER_ERROR",
        "--fault=ListRuns=THROTTLE",
        "--fault=CancelRun=ACCESS_DENIED",
        "--fault=CreateRunGroup=CUT_AFTER_SUCCESS",
    )


def status_of(raised):
    return raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_validation_exception_names_member_and_rule(emulator, run_request):
    client = emulator.client(parameter_validation=False)
    with pytest.raises(client.exceptions.ValidationException) as raised:
        client.start_run(**run_request(roleArn="x", priority=-1, retentionMode="KEEP"))
    message = raised.value.response["Error"]["Message"]
    assert status_of(raised) == 400
    for part in ("'roleArn'", "regular expression pattern", "'priority'", "'retentionMode'", "[RETAIN, REMOVE]"):
        assert part in message


def test_validation_exception_for_unknown_parameters(omics, run_request):
    with pytest.raises(omics.exceptions.ValidationException, match="fastq_9"):
        omics.start_run(**run_request(parameters={"fastq_1": "s3://a-bucket/a", "fastq_9": "s3://a-bucket/b"}))


def test_resource_not_found_exception(omics, run_request):
    for call in (
        lambda: omics.get_run(id="9999999"),
        lambda: omics.start_run(**run_request(workflowId="9999999")),
        lambda: omics.start_run(**run_request(runGroupId="9999999")),
        lambda: omics.get_workflow(id="9999999"),
    ):
        with pytest.raises(omics.exceptions.ResourceNotFoundException) as raised:
            call()
        assert status_of(raised) == 404


def test_conflict_exception(omics, run_request):
    id = omics.start_run(**run_request(tags={"emulate": "HANG:PENDING"}))["id"]
    with pytest.raises(omics.exceptions.ConflictException) as raised:
        omics.delete_run(id=id)
    assert status_of(raised) == 409
    omics.cancel_run(id=id)


def test_service_quota_exceeded_exception(omics, run_request):
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException) as raised:
        omics.start_run(**run_request(storageType="STATIC", storageCapacity=9601))
    assert status_of(raised) == 402


def test_internal_server_exception(faulty):
    client = faulty.client()
    with pytest.raises(client.exceptions.InternalServerException) as raised:
        client.get_run(id="1234567")
    assert status_of(raised) == 500


def test_throttling_exception_by_fault(faulty):
    client = faulty.client()
    with pytest.raises(client.exceptions.ThrottlingException) as raised:
        client.list_runs()
    assert status_of(raised) == 429


def test_boto3_retries_what_is_throttled(faulty):
    client = faulty.client(retries={"mode": "standard", "total_max_attempts": 2})
    with pytest.raises(client.exceptions.ThrottlingException) as raised:
        client.list_runs()
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 1


def test_access_denied_exception(faulty):
    client = faulty.client()
    with pytest.raises(client.exceptions.AccessDeniedException) as raised:
        client.cancel_run(id="1234567")
    assert status_of(raised) == 403


def test_request_timeout_exception_after_the_run_was_started(start_emulator, run_request):
    client = start_emulator("--fault=StartRun=TIMEOUT_AFTER_SUCCESS").client()
    with pytest.raises(client.exceptions.RequestTimeoutException) as raised:
        client.start_run(**run_request(name="timed-out"))
    assert status_of(raised) == 408
    assert [run["name"] for run in client.list_runs()["items"]] == ["timed-out"]


def test_a_cut_connection_after_the_group_was_made(faulty):
    client = faulty.client()
    with pytest.raises((ConnectionClosedError, HTTPClientError, EndpointConnectionError)):
        client.create_run_group(name="cut")
    assert [group["name"] for group in client.list_run_groups()["items"]] == ["cut"]


def test_throttling_exception_at_the_documented_rate(start_emulator, run_request):
    client = start_emulator("--throttling", "--quota", "start-run-rate=1").client()
    client.start_run(**run_request())
    with pytest.raises(client.exceptions.ThrottlingException, match="StartRun"):
        for _ in range(20):
            client.start_run(**run_request())


def test_an_operation_that_is_not_offered_says_so(omics):
    with pytest.raises(ClientError, match="ListSequenceStores is not offered") as raised:
        omics.list_sequence_stores()
    assert status_of(raised) == 501


def test_the_host_prefix_of_botocore_is_taken_too(emulator, run_request):
    """The prefixed name resolves nowhere, so only the Host header carries it here."""
    client = emulator.client()
    client.meta.events.register(
        "before-send.omics",
        lambda request, **_: request.headers.__setitem__("Host", "workflows-127.0.0.1"),
    )
    assert client.start_run(**run_request())["id"]
