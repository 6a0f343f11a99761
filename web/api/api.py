"""The API that Django serves: everything but the order path, and the document that describes both."""

import logging
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import BaseRenderer

from exchange.kernel.errors import (
    BadParameter,
    BadQuantity,
    InternalError,
    JinguoError,
    MalformedJson,
    MissingField,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    UnknownField,
)
from web.api.access import MemberAuth
from web.api.balances import balances
from web.api.bulletin_reads import bulletin
from web.api.credit_reads import credit
from web.api.hall_writes import hall
from web.api.index_governance_reads import index_governance
from web.api.index_reads import index
from web.api.index_research_reads import index_research
from web.api.institution_access import InstitutionAuth
from web.api.institution_pickups import router as store_pickups
from web.api.institutions import inspection, store
from web.api.market_reads import market
from web.api.member_reads import member
from web.api.money import money
from web.api.order_document import add_order_path
from web.api.problems import problem_body, problem_headers
from web.api.statistics_reads import statistics
from web.api.supply_reads import supply

logger = logging.getLogger(__name__)

DESCRIPTION = """Prices are strings in yuan per kg, amounts strings in yuan, quantities whole kilograms,
times RFC 3339 in Shanghai time. Errors are problem+json with a stable `code` and a message in both languages.
The socket is described in `/api/v1/asyncapi.json`; what no schema can say stands in `docs/api.md`."""


class JsonRenderer(BaseRenderer):
    """JSON by msgspec: faster, and non-ASCII stays readable."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The answer's body."""
        return msgspec.json.encode(data)


class ExchangeAPI(NinjaAPI):
    """Ninja's API with one OpenAPI document for the order path too."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The view's name: short, and stable when modules move."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **arguments: Any) -> OpenAPISchema:
        """Everything, wherever it is served from."""
        return add_order_path(super().get_openapi_schema(**arguments))


def problem_response(request: HttpRequest, error: JinguoError) -> HttpResponse:
    """The error as an answer."""
    body = problem_body(error, request.headers.get("Accept-Language"))
    response = HttpResponse(body, status=error.status)
    for name, value in problem_headers(error).items():
        response[name] = value
    return response


def _refused(request: HttpRequest, error: JinguoError | type[JinguoError]) -> HttpResponse:
    assert isinstance(error, JinguoError)
    return problem_response(request, error)


def _not_valid(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError)
    return problem_response(request, validation_error(error.errors))


def _http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError)
    return problem_response(request, error_for_status(error.status_code))


def _not_found(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
    return problem_response(request, NotFound())


def _failed(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    logger.error(
        "a request failed: %s", request.path, exc_info=error if isinstance(error, Exception) else None
    )
    return problem_response(request, InternalError())


def validation_error(errors: list[dict[str, Any]]) -> JinguoError:
    """Our error for the first thing that is wrong with a request's shape."""
    first = errors[0]
    name = str(first["loc"][-1])[:64]
    if first["type"] == "missing":
        return MissingField(field=name)
    if first["type"] == "extra_forbidden":
        return UnknownField(field=name)
    if name == "quantity_kg":
        return BadQuantity(detail=first["msg"])
    return BadParameter(detail=first["msg"], name=name)


def error_for_status(status: int) -> JinguoError:
    """Our error for a status that Django or ninja gave."""
    kinds: dict[int, type[JinguoError]] = {401: NotAuthenticated, 403: NotPermitted, 404: NotFound}
    if status in kinds:
        return kinds[status]()
    return MalformedJson() if status < 500 else InternalError()


def build_api() -> ExchangeAPI:
    """The API with all its routers."""
    made = ExchangeAPI(
        title="中国咸阳金果网 · Jinguo exchange",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api-v1",
        docs=Swagger(),
        docs_url="/docs",
        openapi_url="/openapi.json",
        renderer=JsonRenderer(),
    )
    made.add_router("", market)
    made.add_router("", index_governance)
    made.add_router("", index_research)
    made.add_router("", index)
    made.add_router("", credit)
    made.add_router("", statistics)
    made.add_router("", hall)
    made.add_router("", supply)
    made.add_router("", bulletin)
    made.add_router("", member, auth=MemberAuth())
    made.add_router("", money, auth=MemberAuth())
    made.add_router("", balances, auth=MemberAuth())
    made.add_router("", store, auth=InstitutionAuth())
    made.add_router("", store_pickups, auth=InstitutionAuth())
    made.add_router("", inspection, auth=InstitutionAuth())
    made.add_exception_handler(JinguoError, _refused)
    made.add_exception_handler(ValidationError, _not_valid)
    made.add_exception_handler(HttpError, _http_error)
    made.add_exception_handler(Http404, _not_found)
    made.add_exception_handler(Exception, _failed)
    return made


api = build_api()
