"""The map of a CRM that is spoken to over HTTP with JSON: which requests, and what they mean."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from campaigns.crm.mapping import CustomerMap, Place, Sign
from campaigns.crm.model import CrmPart
from campaigns.spec.form import Form
from campaigns.spec.loading import load_as
from crm_sync.rest_template import is_name, names

Path = Annotated[str, StringConstraints(pattern=r"^/[^\s]*$", max_length=1000)]
Json = Any


class Request(CrmPart):
    """One request. `$name` and `{name}` stand for values."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = Field(default="GET", description="the method")
    path: Path = Field(description="after the url of the settings")
    query: dict[str, str] = Field(default_factory=dict, description="of the URL")
    json_: Json = Field(default=None, alias="json", description="the body")
    form: dict[str, str] | None = Field(default=None, description="the body, as a web form")
    headers: dict[str, str] = Field(default_factory=dict, description="besides those of auth")

    @model_validator(mode="after")
    def _named(self) -> "Request":
        given = (self.path, self.query, self.json_, self.form, self.headers)
        unknown = [n for n in names(given) if not is_name(n)]
        if unknown:
            raise PydanticCustomError("name", f"a name that there is, not {unknown[0][:40]!r}")
        return self


class Auth(CrmPart):
    """How a request shows who sends it: one header."""

    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]+$", description="its name")
    scheme: str = Field(default="", pattern=r"^[A-Za-z]*$", description="such as Bearer")
    text: str = Field(description="such as {secret.token}")
    base64: bool = Field(default=False, description="the text is sent in base64, as of Basic")


class Login(CrmPart):
    """A request before all others. What is taken of its answer is a name: `{login.NAME}`."""

    request: Request = Field(description="which one")
    take: dict[str, Place] = Field(description="name: place in its answer; none may be missing")


class Wrong(Sign):
    """What in an answer means that it is none, whatever its status."""

    says: Place | None = Field(default=None, description="the place of the reason")
    for_good: bool = Field(default=False, description="trying again cannot help")
    gone: bool = Field(default=False, description="the customer is not there any more")
    wait: float = Field(
        default=0, ge=0, le=3600, description="seconds to leave it alone, as it is busy"
    )


USUAL_ERRORS = (
    Wrong(at="error", says="error"),
    Wrong(at="errors", says="errors"),
    Wrong(at="errcode", says="errmsg"),
    Wrong.model_validate({"at": "success", "is": False, "says": "message"}),
    Wrong.model_validate({"at": "ok", "is": False, "says": "message"}),
)
"""How most say within a 200 that they have not done it. Without them a result would be lost."""


class Paging(CrmPart):
    """How the next page is asked for."""

    kind: Literal["none", "page", "offset", "cursor", "link", "since"] = Field(
        default="none",
        description="page: $page counts; offset: $offset counts rows; cursor: $cursor is at a "
        "place of the answer; link: so is the next path; since: $since is the last row's, and "
        "$offset counts those of one time",
    )
    at: Place | None = Field(default=None, description="of cursor and link: the place")
    first: int = Field(default=1, ge=0, le=1, description="of page: the first one's number")
    most: int = Field(
        default=0, ge=0, description="rows after which paging begins anew by $since; 0: never"
    )

    @model_validator(mode="after")
    def _placed(self) -> "Paging":
        if (self.kind in ("cursor", "link")) != (self.at is not None):
            raise PydanticCustomError("at", "a place, of cursor and link, and of no other")
        return self


class Pull(CrmPart):
    """How customers are asked for that have changed since `$since`."""

    request: Request = Field(description="which one; $since and $limit, and what paging has")
    rows: str = Field(default="", description="the place of the rows; empty: the answer itself")
    limit: int = Field(default=100, ge=1, le=1000, description="rows of a page")
    ascending: bool = Field(
        default=True, description="rows come in the order in which they have changed"
    )
    start: str = Field(default="1970-01-01T00:00:00", description="$since of the first pull")
    page: Paging = Field(default_factory=Paging, description="the next page")


class Still(CrmPart):
    """Which customers are still there, of some."""

    request: Request = Field(description="which one, about $ids")
    rows: str = Field(default="", description="the place of those that are")
    id: Place | None = Field(
        default=None, description="the place of the id in a row; left out: the row is the id"
    )
    limit: int = Field(default=100, ge=1, le=1000, description="ids of a request")


class Found(CrmPart):
    """Whether something is there already."""

    request: Request = Field(description="which one")
    rows: str = Field(default="", description="the place of what was found")


class Create(CrmPart):
    """How a customer is made there, once: found by our id, $customer.id, or made with it."""

    find: Found | None = Field(
        default=None, description="whether it is there; left out: put makes none twice"
    )
    put: Request = Field(description="how it is made")
    id: Place = Field(description="the place of its id, in the answer to put")
    found: Place = Field(default="0.id", description="of what was found: the place of the id")


class RestCustomers(CustomerMap):
    """Customers: the places of a map are those in a row, such as properties.email."""

    ids: Literal["any", "plain"] = Field(
        default="any",
        description="plain: letters, digits, - and _; nothing is told of another id, for a CRM "
        "whose queries are texts with ids in them",
    )
    pull: Pull | None = Field(default=None, description="how they are asked for")
    still: Still | None = Field(default=None, description="how it is asked who is still there")
    put: Request | None = Field(default=None, description="how one, $id, gets $values")
    create: Create | None = Field(
        default=None, description="how one is made, with create = true in the settings"
    )


class RestResults(CrmPart):
    """How a result of a call is told."""

    find: Found | None = Field(
        default=None, description="whether it was told already: one that comes twice is told once"
    )
    put: Request = Field(description="how it is told")
    directions: dict[Literal["outbound", "inbound"], str] = Field(
        default_factory=dict, description="how `result.direction` is written there"
    )


class RestMap(CrmPart):
    """A CRM over HTTP with JSON."""

    auth: Auth | None = Field(default=None, description="how each request shows who sends it")
    login: Login | None = Field(default=None, description="a request before all others")
    errors: tuple[Wrong, ...] = Field(
        default=USUAL_ERRORS,
        description="answers that are none; left out: those with something at error, errors or "
        "errcode, or with false at success or ok; []: every 200 is one",
    )
    times: Literal["raw", "iso", "ms", "sql", "tryton"] = Field(
        default="raw",
        description="how $since and times are written; raw: as the CRM has told them",
    )
    rate: float = Field(default=0, ge=0, le=1000, description="requests a second; 0: as many")
    customers: RestCustomers | None = Field(default=None, description="who its customers are")
    results: RestResults | None = Field(default=None, description="where results of calls go")


REST_MAP = Form(
    RestMap,
    word="map of a REST CRM",
    begins="auth:",
    hint="docs/crm.md has an example to start from",
)


def load(source: bytes, file: str) -> RestMap:
    """What a map says. Raises `SpecError`."""
    return load_as(REST_MAP, source, file, lambda _: ())
