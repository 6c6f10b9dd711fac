"""What API Gateway answers by itself, without the function.

A token authorizer refuses with a policy that denies, or by raising "Unauthorized": ACCESS_DENIED and
UNAUTHORIZED. Their status can be changed.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html

Lambda counts whatever a function raises as an error of the function.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

A page of another origin can read an answer only if that names the origin, and nobody but the gateway can
add the header to these.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-response-using-the-console.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from authorizer import handler
from authorizer.handler import Issuer
from imagebus_local import templates

ROOT = Path(__file__).parents[2]
TEMPLATE = templates.read(ROOT / "template.yml")
RESPONSES: dict[str, Any] = TEMPLATE["Resources"]["Api"]["Properties"]["DefinitionBody"][
    "x-amazon-apigateway-gateway-responses"
]
#: Every error of this API that is not the function's, and the two for all others.
KINDS = {
    *("INVALID_API_KEY", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "QUOTA_EXCEEDED"),
    *("REQUEST_TOO_LARGE", "MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX", "DEFAULT_5XX"),
}


def test_a_refusal_is_no_error_of_the_function_and_the_client_gets_401(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer("https://issuer.example", "client", pytest.fail)
    monkeypatch.setattr(handler, "_issuer", lambda: issuer)
    event = {"authorizationToken": "Bearer not.a.token", "methodArn": "arn:aws:execute-api:::a/v1/GET/"}
    (statement,) = handler.handle(event, None)["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    for kind in ("UNAUTHORIZED", "ACCESS_DENIED"):
        response = RESPONSES[kind]
        body = json.loads(response["responseTemplates"]["application/json"])
        assert (response["statusCode"], body["status"], body["code"]) == (401, 401, "invalid_token")
        assert response["responseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


def test_a_page_of_another_origin_can_read_every_error_if_there_are_such_pages() -> None:
    assert RESPONSES.keys() == KINDS
    for kind, response in RESPONSES.items():
        header = response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert header == {"Fn::If": ["HasCorsOrigins", "'*'", {"Ref": "AWS::NoValue"}]}, kind
