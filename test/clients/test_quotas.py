"""The stored-run quota and retention mode, set at start and through the Service Quotas API."""

import pytest

STORED_RUNS = {"ServiceCode": "omics", "QuotaCode": "L-C9679DBC"}
QUICKLY = {"Delay": 0.02, "MaxAttempts": 2000}
#: Runs that end at once, so that they can be removed.
INSTANT = ["--speed", "1000000"]


def start_and_finish(omics, request):
    id = omics.start_run(**request)["id"]
    omics.get_waiter("run_completed").wait(id=id, WaiterConfig=QUICKLY)
    return id


@pytest.fixture(scope="module")
def full_at_five(start_emulator):
    return start_emulator(*INSTANT, "--quota", "stored-runs=5")


def stored(omics):
    return [item["id"] for page in omics.get_paginator("list_runs").paginate() for item in page["items"]]


def test_the_sixth_remove_run_removes_the_first(start_emulator, run_request):
    omics = start_emulator(*INSTANT, "--quota", "stored-runs=5", "--switch", "reuseRunIds=false").client()
    ids = [start_and_finish(omics, run_request(retentionMode="REMOVE")) for _ in range(6)]
    assert stored(omics) == ids[:0:-1]
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_run(id=ids[0])


def test_the_sixth_retain_run_is_refused(full_at_five, run_request):
    omics = full_at_five.client()
    ids = [start_and_finish(omics, run_request(retentionMode="RETAIN")) for _ in range(5)]
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException, match="5"):
        omics.start_run(**run_request(retentionMode="RETAIN"))
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException):
        omics.start_run(**run_request(retentionMode="REMOVE"))
    assert len(stored(omics)) == 5
    omics.delete_run(id=ids[0])
    assert omics.start_run(**run_request())["status"] == "PENDING"


def test_the_quota_is_raised_through_service_quotas(full_at_five, run_request):
    omics, quotas = full_at_five.client(), full_at_five.client("service-quotas")
    assert quotas.get_service_quota(**STORED_RUNS)["Quota"]["Value"] == 5
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException):
        omics.start_run(**run_request())
    quotas.request_service_quota_increase(**STORED_RUNS, DesiredValue=6)
    assert quotas.get_service_quota(**STORED_RUNS)["Quota"]["Value"] == 6
    assert omics.start_run(**run_request())["status"] == "PENDING"
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException):
        omics.start_run(**run_request())


def test_a_quota_that_was_only_set_through_service_quotas_holds(start_emulator, run_request):
    emulator = start_emulator(*INSTANT, "--quota", "stored-runs=1", "--switch", "reuseRunIds=false")
    omics, quotas = emulator.client(), emulator.client("service-quotas")
    quotas.request_service_quota_increase(**STORED_RUNS, DesiredValue=5)
    ids = [start_and_finish(omics, run_request(retentionMode="REMOVE")) for _ in range(6)]
    assert stored(omics) == ids[:0:-1]


def test_the_other_quotas_have_their_defaults(emulator):
    quotas = emulator.client("service-quotas")
    listed = quotas.list_aws_default_service_quotas(ServiceCode="omics")["Quotas"]
    values = {quota["QuotaCode"]: quota["Value"] for quota in listed}
    assert values["L-C9679DBC"] == 100_000 and values["L-BE38079A"] == 50 and values["L-7B9E5416"] == 604_800
