"""API Gateway's own answers, which MiniStack leaves out when it reads an API's definition, and its limit on bodies."""

from typing import Any

from ministack.services import apigateway_v1

RESPONSES = "x-amazon-apigateway-gateway-responses"
LARGEST_BODY = 6 * 1024 * 1024  # Lambda's limit; API Gateway's own is 10 MB and the answer is the same


def install() -> None:
    apigateway_v1._import_rest_api = with_responses(apigateway_v1._import_rest_api)
    apigateway_v1._check_request_validation = limited(apigateway_v1._check_request_validation)


def with_responses(read: Any) -> Any:
    def import_rest_api(spec: dict[str, Any], base_data: Any = None) -> str:
        api_id: str = read(spec, base_data)
        for kind, response in spec.get(RESPONSES, {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    return import_rest_api


def limited(check: Any) -> Any:
    def check_request(
        method: Any, api_id: str, request: Any, headers: Any, body: bytes | None, query_params: Any
    ) -> Any:
        if len(body or b"") > LARGEST_BODY:
            return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return check(method, api_id, request, headers, body, query_params)

    return check_request
