"""What `imagebus deploy` says before it creates anything."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from imagebus.recipes.model import InvalidRecipe
from imagebus.recipes.parameters import recipe_of
from imagebus_cli.stack import existing, names, parameters, preflight, quotas
from imagebus_cli.stack.findings import Verdict
from imagebus_cli.stack.preflight import Report
from imagebus_local import nesting, sam
from tests.parameters import environment
from tests.unit.cli.stubbed import ACCOUNT, Account

ROOT = Path(__file__).parents[3]
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


@pytest.fixture(autouse=True)
def python(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter of the runtime, which this computer may not have."""
    monkeypatch.setattr(sam, "interpreter", lambda name, _: f"/usr/bin/{name}")


def check(account: Account, stack: str = "imagebus", *, new_key: bool = False, **given: str) -> Report:
    return preflight.check(account.session, stack, ROOT, given, images=1000, new_key=new_key)


def bad(report: Report) -> list[tuple[str, str, str]]:
    return [(each.what, each.message, each.advice) for each in report.findings if each.verdict is Verdict.BAD]


def notes(report: Report) -> dict[str, str]:
    return {each.what: each.message for each in report.findings if each.verdict is Verdict.NOTE}


def stack(status: str, **parameters: str) -> dict[str, Any]:
    values = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Stacks": [{"StackName": "imagebus", "StackStatus": status, "Parameters": values}]}


def test_nothing_speaks_against_an_empty_account_and_nothing_is_changed() -> None:
    account = Account()
    report = check(account)
    assert {each.verdict for each in report.findings} == {Verdict.OK}
    assert (report.settings, report.new) == ({}, True)
    reading = ("Describe", "List", "Get")
    assert [call for call in account.calls if not call.partition(".")[2].startswith(reading)] == []


def test_without_credentials_nothing_else_is_asked() -> None:
    account = Account()
    account.answers["sts.GetCallerIdentity"] = "ExpiredToken: expired"
    ((what, _, advice),) = bad(check(account))
    assert (what, "aws sso login" in advice) == ("account", True)
    assert account.calls == ["sts.GetCallerIdentity"]


def test_a_runtime_without_an_interpreter_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "interpreter", lambda *_: None)
    ((what, message, advice),) = bad(check(Account()))
    assert (what, message) == ("build", "there is no python3.13 on the PATH")
    assert advice.startswith("Install python3.13")


def test_another_runtime_is_only_suggested_if_it_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "interpreter", lambda *_: None)
    for runtime, suggested in (("python3.11", False), ("python3.12", True), ("python3.14", True)):
        monkeypatch.setattr(sam, "runtime", lambda runtime=runtime: runtime)
        ((_, _, advice),) = bad(check(Account()))
        assert (f"--runtime {runtime}" in advice) is suggested
        assert suggested or advice == "Install python3.13, or python3.12 and add --runtime python3.12."


def test_a_runtime_that_the_packages_have_no_wheels_for_is_refused() -> None:
    """Amazon Linux 2 has glibc 2.26: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    report = preflight.check(Account().session, "imagebus", ROOT, {}, images=1, runtime="python3.11")
    ((what, message, advice),) = bad(report)
    assert (what, "Amazon Linux 2," in message) == ("build", True)
    assert "--runtime python3.13" in advice


def test_a_region_without_a_service_names_the_parameter() -> None:
    ((_, _, advice),) = bad(check(Account("eu-north-1")))
    assert advice == "Set it: --parameter LabelProvider=none"
    assert bad(check(Account("eu-north-1"), LabelProvider="none")) == []
    assert "region" in notes(check(Account("xx-new-1")))


def test_a_name_that_is_too_long_is_refused() -> None:
    ((what, message, advice),) = bad(check(Account(), "s" * 42))
    assert (what, "49 characters" in message, "at most 41" in advice) == ("names", True, True)


def test_a_parameter_that_the_template_lacks_is_refused() -> None:
    assert bad(check(Account(), Colour="red"))[0][1] == "template.yml has no parameter Colour"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("EncryptionKeyArn", "alias/foo", "match (arn:"),
        ("ConcurrencyLimit", "ten", "be a whole number"),
        ("ConcurrencyLimit", "2.5", "be a whole number"),
        ("ConcurrencyLimit", "1", "be at least 2"),
        ("DecodeSeconds", "20.5", "be at most 20"),
        ("DecodeSeconds", "nan", "be a number"),
        ("Polling", "foo", "be one of scheduled, continuous"),
        ("MaxBytes", "abc", "be a whole number"),
        ("LogRetentionDays", "31", "be one of 1, 3, 5,"),
        ("ThumbnailSizes", "200x200;800", "match [1-9]"),
        ("EnableCdn", "yes", "be one of true, false"),
        ("ImagesUrl", "http://cdn.example", "match (https://"),
        ("RequiredFacts", "", "have at least 1 characters"),
        ("WatermarkText", "x" * 201, "have at most 200 characters"),
        ("WatermarkMaxSide", "65536", "be at most 65535"),
    ],
)
def test_a_value_that_cloudformation_would_refuse_is_found_first(name: str, value: str, rule: str) -> None:
    ((what, message, advice),) = bad(check(Account(), **{name: value}))
    assert (what, message.startswith(f"{name}={value} is invalid: it must {rule}")) == ("parameters", True)
    assert advice.startswith("The default is ")


def test_addresses_on_a_cdn_need_the_cdn() -> None:
    url = {"ImagesUrl": "https://cdn.example/"}
    ((what, message, advice),) = bad(check(Account(), **url))
    assert (what, message.partition(",")[0]) == ("parameters", "ImagesUrl needs EnableCdn")
    assert "EnableCdn=true" in advice
    assert bad(check(Account(), **url, EnableCdn="true")) == []


def test_valid_values_pass() -> None:
    valid = {
        "DecodeSeconds": "4.5",
        "MinConfidence": "72.5",
        "ThumbnailSizes": "200x200,800x800",
        "UploadOrigins": "https://a.example,https://b.example",
        "WatermarkOpacity": "0",
        "JwtIssuer": "https://issuer.example",
        "JwtAudience": "client",
    }
    assert bad(check(Account(), **valid)) == []


def test_every_default_is_valid() -> None:
    declared = nesting.whole(ROOT)["Parameters"]
    defaults = {name: str(each["Default"]) for name, each in declared.items()}
    assert parameters.invalid(defaults, declared) == {}


def sizes(count: int) -> str:
    return ",".join(f"{side}x{side}" for side in range(1, count + 1))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (sizes(51), "ThumbnailSizes has 51 sizes; a recipe has at most 50"),
        ("100x100,65536x9", "ThumbnailSizes: 65536x9 is too large; a side has at most 65535 pixels"),
        ("9x65536", "ThumbnailSizes: 9x65536 is too large; a side has at most 65535 pixels"),
        (f"{sizes(50)},1x1", None),
        ("65535x65535", None),
    ],
)
def test_sizes_that_the_validator_would_refuse_are_found_first(value: str, sentence: str | None) -> None:
    found = [what for _, what, _ in bad(check(Account(), ThumbnailSizes=value))]
    assert found == ([sentence] if sentence else [])
    refused = pytest.raises(InvalidRecipe) if sentence else nullcontext()
    with refused:
        recipe_of(environment("ValidatorFunction", ThumbnailSizes=value))


BEFORE = "ThumbnailsCreated ImageWatermarked MetadataExtracted"
SINCE = "ThumbnailsCreated ImageWatermarked|WatermarkSkipped MetadataExtracted"


def test_a_stack_from_before_recipes_no_longer_waits_for_a_watermark_that_never_comes() -> None:
    account = Account()
    account.answers["cloudformation.DescribeStacks"] = stack("UPDATE_COMPLETE", RequiredFacts=BEFORE)
    report = check(account)
    assert report.settings["RequiredFacts"] == SINCE
    assert "deploying with ImageWatermarked|WatermarkSkipped" in notes(report)["parameters"]
    account.answers["cloudformation.DescribeStacks"] = stack("UPDATE_COMPLETE", RequiredFacts=SINCE)
    assert "RequiredFacts" not in check(account).settings


def test_a_value_that_is_given_stays_and_there_is_advice() -> None:
    report = check(Account(), RequiredFacts=BEFORE)
    assert "RequiredFacts" not in report.settings
    (advice,) = [each.advice for each in report.findings if each.verdict is Verdict.NOTE]
    assert advice == "Write ImageWatermarked|WatermarkSkipped instead."


def test_an_issuer_needs_an_audience() -> None:
    ((what, message, advice),) = bad(check(Account(), JwtIssuer="https://issuer.example"))
    assert (what, message) == ("parameters", "JwtIssuer needs JwtAudience, which is empty")
    assert advice == "Set it too: --parameter JwtAudience=…"


def test_advice_under_make_names_the_variable_of_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEBUS_MAKE", "1")
    monkeypatch.setattr(sam, "interpreter", lambda *_: None)
    monkeypatch.setattr(sam, "runtime", lambda: "python3.12")
    found = [advice for *_, advice in bad(check(Account("eu-north-1"), JwtIssuer="https://issuer.example"))]
    assert found[0].endswith(": RUNTIME=python3.12")
    assert {"Set it too: PARAMETERS=JwtAudience=…", "Set it: PARAMETERS=LabelProvider=none"} <= {*found}


def test_without_a_region_there_is_nothing_to_check() -> None:
    session: Any = type("Session", (), {"region_name": None})()
    report = preflight.check(session, "imagebus", ROOT, {}, images=1000)
    assert bad(report) == [("region", "no region is set", "Name one: --region eu-west-1")]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("ROLLBACK_COMPLETE", "imagebus destroy --stack imagebus"),
        ("ROLLBACK_FAILED", "imagebus destroy --stack imagebus"),
        ("DELETE_FAILED", "imagebus destroy --stack imagebus --keep-data"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("IMPORT_ROLLBACK_FAILED", "describe-stack-events"),
        ("UPDATE_IN_PROGRESS", "Wait until it is done"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Wait until it is done"),
    ],
)
def test_a_stack_that_cannot_be_updated_comes_with_the_way_out(status: str, command: str) -> None:
    account = Account()
    account.answers["cloudformation.DescribeStacks"] = stack(status)
    ((what, message, advice),) = bad(check(account))
    assert (what, message, command in advice) == ("stack", f"imagebus is {status}", True)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"])
def test_a_stack_that_can_be_updated_keeps_its_own_parameters(status: str) -> None:
    account = Account("eu-north-1")
    account.answers["cloudformation.DescribeStacks"] = stack(status, LabelProvider="none", Gone="1")
    report = check(account)
    assert (bad(report), report.new) == ([], False)
    assert "events.ListEventBuses" not in account.calls


@pytest.mark.parametrize(
    ("operation", "answer", "command"),
    [
        (
            "logs.DescribeLogGroups",
            {"logGroups": [{"logGroupName": "/aws/lambda/imagebus/api"}]},
            "delete-log-group",
        ),
        ("events.ListEventBuses", {"EventBuses": [{"Name": "imagebus"}]}, "delete-event-bus"),
        ("events.ListArchives", {"Archives": [{"ArchiveName": "imagebus-events"}]}, "delete-archive"),
        ("events.ListRules", {"Rules": [{"Name": "imagebus_ingest"}]}, "delete-rule"),
        ("schemas.ListRegistries", {"Registries": [{"RegistryName": "imagebus"}]}, "delete-registry"),
        ("sqs.ListQueues", {"QueueUrls": ["https://sqs/1/imagebus_labels_inbox"]}, "delete-queue"),
        ("ssm.GetParametersByPath", {"Parameters": [{"Name": "/imagebus/core-layer"}]}, "delete-parameter"),
        (
            "cloudwatch.ListDashboards",
            {"DashboardEntries": [{"DashboardName": "imagebus-eu-west-1"}]},
            "delete-dash",
        ),
    ],
)
def test_what_an_earlier_stack_left_comes_with_its_removal(operation: str, answer: Any, command: str) -> None:
    account = Account()
    account.answers[operation] = answer
    ((what, _, advice),) = bad(check(account))
    assert (what, command in advice) == ("leftover", True)


def test_names_of_others_are_no_leftovers() -> None:
    account = Account()
    account.answers["events.ListEventBuses"] = {"EventBuses": [{"Name": "imagebus-2"}]}
    account.answers["sqs.ListQueues"] = {"QueueUrls": ["https://sqs/1/imagebus_my_own"]}
    assert bad(check(account)) == []


def test_every_kind_of_name_that_the_template_spells_out_is_looked_for() -> None:
    """API Gateway accepts a name twice, schemas are in a registry, and CloudFront checks its own names."""
    kinds = {name.kind for name in names.names("imagebus", "us-east-1", ROOT)}
    exempt = {"AWS::Serverless::Api", "AWS::CloudFront::OriginAccessControl", "AWS::EventSchemas::Schema"}
    assert kinds - existing.LISTED.keys() <= exempt


def test_data_of_an_earlier_stack_is_mentioned() -> None:
    account = Account()
    account.answers["dynamodb.ListTables"] = {"TableNames": ["imagebus-StatusTable-1A", "imagebus-Mine"]}
    account.answers["s3.ListBuckets"] = {"Buckets": [{"Name": "imagebus-uploadsbucket-1a"}]}
    (note,) = notes(check(account)).values()
    assert note.startswith("an earlier stack left imagebus-StatusTable-1A, imagebus-uploadsbucket-1a;")


def test_all_data_of_the_template_is_looked_for() -> None:
    kinds = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}
    resources = nesting.whole(ROOT)["Resources"]
    assert {name for name, each in resources.items() if each["Type"] in kinds} == set(existing.KEPT)


def test_what_may_not_be_read_is_a_note() -> None:
    account = Account()
    lists = "service-quotas.ListAWSDefaultServiceQuotas"
    for operation in (lists, "service-quotas.GetServiceQuota", "sqs.ListQueues"):
        account.answers[operation] = "AccessDenied: no"
    report = check(account)
    assert bad(report) == []
    assert notes(report).keys() == {"rekognition", "eventbridge", "Queue names"}


def test_a_new_account_gets_what_works_there() -> None:
    account = Account()
    account.answers["lambda.GetAccountSettings"] = {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}
    report = check(account)
    assert report.settings == {
        "ConcurrencyLimit": "2",
        "ImageConcurrencyLimit": "2",
        "LabelsConcurrencyLimit": "2",
        "MaxReceiveCount": "50",
    }
    assert "allows 10 executions at once, and the stack asks for up to 75" in notes(report)["concurrency"]
    account.answers["cloudformation.DescribeStacks"] = stack("UPDATE_COMPLETE", **report.settings)
    assert check(account).settings == {}


def test_a_choice_that_does_not_fit_the_account_is_refused() -> None:
    account = Account()
    account.answers["lambda.GetAccountSettings"] = {"AccountLimit": {"UnreservedConcurrentExecutions": 50}}
    report = check(account, ImageConcurrencyLimit="20")
    ((what, message, advice),) = bad(report)
    assert what == "concurrency"
    assert message.endswith("ImageConcurrencyLimit does not fit")
    assert "ImageConcurrencyLimit=6" in advice
    assert "L-B99A9384" in advice


def test_continuous_polling_asks_for_more() -> None:
    account = Account()
    account.answers["lambda.GetAccountSettings"] = {"AccountLimit": {"UnreservedConcurrentExecutions": 100}}
    assert check(account).settings == {}
    assert "asks for up to 105" in notes(check(account, Polling="continuous"))["concurrency"]


def rate(operation: str, value: float) -> dict[str, Any]:
    """What an account has instead of a default: https://docs.aws.amazon.com/general/latest/gr/rekognition.html"""
    name = f"Transactions per second per account for the Amazon Rekognition Image operation {operation}"
    return {"Quotas": [{"QuotaName": name, "QuotaCode": "L-E29B542B", "Value": value}]}


def test_labels_keep_to_the_rate_of_rekognition() -> None:
    account = Account()
    account.answers["service-quotas.ListServiceQuotas"] = rate("DetectLabels", 3.0)
    assert check(account).settings == {"LabelsConcurrencyLimit": "3"}
    assert [what for what, *_ in bad(check(account, LabelsConcurrencyLimit="9"))] == ["rekognition"]
    assert check(account, LabelProvider="none").settings == {}


def test_each_analysis_has_a_rate_of_its_own_and_the_lowest_counts() -> None:
    account = Account()
    account.answers["service-quotas.ListServiceQuotas"] = rate("DetectModerationLabels", 4.0)
    assert check(account).settings == {}
    report = check(account, AnalysisFeatures="labels,moderation")
    assert report.settings == {"LabelsConcurrencyLimit": "4"}
    assert notes(report)["rekognition"].startswith("only 4 calls of DetectModerationLabels a second")


def test_a_full_account_has_no_room_for_another_bus() -> None:
    account = Account()
    account.answers["service-quotas.GetServiceQuota"] = {"Quota": {"Value": 0.0}}
    assert {what for what, *_ in bad(check(account))} == {"eventbridge"}


def test_a_quota_that_the_account_has_no_value_of_is_the_default() -> None:
    """https://github.com/aws/aws-cli/issues/6629"""
    account = Account()
    account.answers["service-quotas.GetServiceQuota"] = "NoSuchResourceException: "
    account.answers["service-quotas.GetAWSDefaultServiceQuota"] = {"Quota": {"Value": 100.0}}
    report = check(account)
    assert (bad(report), notes(report)) == ([], {})
    account.answers["service-quotas.GetAWSDefaultServiceQuota"] = {"Quota": {"Value": 0.0}}
    assert {what for what, *_ in bad(check(account))} == {"eventbridge"}


def test_the_price_follows_the_number_of_images() -> None:
    (price,) = (each.message for each in check(Account()).findings if each.what == "price")
    assert price.startswith("about $3.")
    assert "for 1,000 images of 12 MP" in price


def deployed(limit: int, **parameters: str) -> list[tuple[str, Verdict]]:
    """What `doctor` says of a stack with three mappings, beside one of somebody else's and a disabled one."""
    account = Account()
    account.answers |= {
        "cloudformation.DescribeStacks": stack("UPDATE_COMPLETE", **parameters),
        "lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": limit}},
        "lambda.ListEventSourceMappings": {
            "EventSourceMappings": [
                mapping("imagebus_recorder_inbox", "Enabled"),
                mapping("imagebus_labels_inbox", "Enabling"),
                mapping("imagebus-UndeliveredQueue-1A2B3C", "Enabled"),
                mapping("imagebus_cleaner_inbox", "Disabled"),
                mapping("imagebus-2_labels_inbox", "Enabled"),
            ]
        },
    }
    found = quotas.of_deployed(account.session, "imagebus")
    assert "asks for up to 30" in found[0].message
    return [(each.what, each.verdict) for each in found]


def mapping(queue: str, state: str) -> dict[str, Any]:
    arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{queue}"
    return {"EventSourceArn": arn, "State": state, "ScalingConfig": {"MaximumConcurrency": 10}}


def test_the_doctor_checks_the_same_quotas_of_a_deployed_stack() -> None:
    labels = {"LabelProvider": "rekognition", "LabelsConcurrencyLimit": "5"}
    assert deployed(30, **labels) == [("concurrency", Verdict.OK), ("rekognition", Verdict.OK)]
    assert deployed(20) == [("concurrency", Verdict.BAD)]
    assert deployed(20, MaxReceiveCount="50") == [("concurrency", Verdict.OK)]


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    account = Account()
    pages = {None: {"QueueUrls": ["https://sqs/1/a"], "NextToken": "2"}}
    last = {"QueueUrls": ["https://sqs/1/imagebus_labels_inbox"]}
    account.answers["sqs.ListQueues"] = lambda call: pages.get(
        json.loads(call["body"]).get("NextToken"), last
    )
    assert [what for what, *_ in bad(check(account))] == ["leftover"]
