"""CRMs on the web, as far as their public documentation says how they answer: each keeps what it is
told, and everything that was asked of it."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class WebCrm:
    """`answer` of each request; `trouble` is answered in its place, with its headers, so often."""

    secrets: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    trouble: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def since(self, at: str, key: str = "at") -> list[dict[str, Any]]:
        """Whoever changed then or later, in that order."""
        found = [row for row in self.people.values() if row[key] >= at]
        return sorted(found, key=lambda row: (row[key], row["id"]))

    def __enter__(self) -> Self:
        crm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                form = "form" in self.headers.get("content-type", "") and parse_qs(raw)
                body = form or (json.loads(raw) if raw else None)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, query, body, headers)
                crm.asked.append(asked)
                more: dict[str, str] = {}
                if crm.trouble:
                    status, told, more = crm.trouble.pop(0)
                else:
                    status, told = crm.answer(asked)
                self._tell(status, told, more)

            def _tell(self, status: int, told: Any, more: dict[str, str]) -> None:
                text = told if isinstance(told, bytes) else json.dumps(told).encode()
                text = b"" if status == 204 else text
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = _serve

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Plain(WebCrm):
    """One whose answers a test writes itself."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def answer(self, asked: Asked) -> Answer:
        return self._answer(asked)


class HubSpot(WebCrm):
    KIND, SECRETS = "hubspot", {"token": "pat-1"}
    PERSON = staticmethod(
        lambda n, name, phone, at: {"id": str(n), "at": f"{at}.000Z", "name": name, "phone": phone}
    )

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer pat-1":
            return 401, {"message": "no"}
        if asked.path == "/crm/v3/objects/contacts/search":
            return self._search(asked.body)
        if asked.path == "/crm/v3/objects/calls/search":
            wanted = asked.body["filterGroups"][0]["filters"][0]["value"]
            found = [c for c in self.calls if c["properties"]["hs_call_title"] == wanted]
            return 200, {"total": len(found), "results": found}
        if asked.path == "/crm/v3/objects/calls":
            self.calls.append(asked.body)
            return 201, {"id": "1"}
        person = self.people[asked.path.rpartition("/")[2]]
        person.update(stage=asked.body["properties"]["lifecyclestage"])
        return 200, {}

    def _search(self, body: Any) -> Answer:
        [told] = body["filterGroups"][0]["filters"]
        if told["propertyName"] == "hs_object_id":
            there = [each for each in told["values"] if each in self.people]
            return 200, {"total": len(there), "results": [{"id": each} for each in there]}
        assert "lastmodifieddate" in body["properties"]
        since = int(body["filterGroups"][0]["filters"][0]["value"])
        rows = [r for r in self.since("") if _ms(r["at"]) >= since]
        begin = int(body.get("after", 0))
        size = min(2, body["limit"])
        page = rows[begin : begin + size]
        more = {"paging": {"next": {"after": str(begin + size)}}} if rows[begin + size :] else {}
        told = [
            {
                "id": r["id"],
                "updatedAt": r["at"],
                "properties": {"lastname": None, "firstname": r["name"],
                               "lastmodifieddate": r["at"], "phone": r["phone"],
                               "lifecyclestage": r.get("stage")},
            }
            for r in page
        ]  # fmt: skip
        return 200, {"total": len(rows), "results": told, **more}

    def call_of(self, call: dict[str, Any]) -> tuple[str, str]:
        return str(call["associations"][0]["to"]["id"]), call["properties"]["hs_call_body"]


class Salesforce(WebCrm):
    KIND, SECRETS = "salesforce", {"client_id": "c", "client_secret": "s"}
    PERSON = staticmethod(
        lambda n, name, phone, at: {
            "id": f"003{n:03}", "at": f"{at}.000+0000", "name": name, "phone": phone}
    )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            right = asked.body["client_secret"] == ["s"]
            return (200, {"access_token": "t"}) if right else (400, {"error": "invalid_client"})
        if asked.headers.get("authorization") != "Bearer t":
            return 401, [{"errorCode": "INVALID_SESSION_ID"}]
        if "q" in asked.query:
            every = asked.path.endswith("/queryAll")
            return self._query(asked.query["q"], 0, every)
        if found := re.fullmatch(r"/services/data/v61.0/query/more-(\d+)-(.*)", asked.path):
            return self._query(f"WHERE SystemModstamp >= {found[2]} ", int(found[1]))
        if asked.path.endswith("/sobjects/Task"):
            self.calls.append(asked.body)
            return 201, {"id": "00T", "success": True, "errors": []}
        return self._change(self.people[asked.path.rpartition("/")[2]], asked.body)

    def _change(self, person: dict[str, Any], body: Any) -> Answer:
        if person.get("gone"):
            return 404, [{"errorCode": "ENTITY_IS_DELETED", "message": "entity is deleted"}]
        person.update(dnc=body["DoNotCall"])
        return 204, None

    def _query(self, soql: str, begin: int, every: bool = True) -> Answer:
        if "FROM Task" in soql:
            found = [c for c in self.calls if f"'{c['Subject']}'" in soql]
            return 200, {"done": True, "records": found}
        since = re.search(r"SystemModstamp >= (\S+)", soql)[1]  # type: ignore[index]
        rows = [r for r in self.since("") if _ms(r["at"]) >= _ms(since)]
        rows = [r for r in rows if every or not r.get("gone")]
        rest = rows[begin + 2 :]
        more = (
            {"nextRecordsUrl": f"/services/data/v61.0/query/more-{begin + 2}-{since}"}
            if rest
            else {}
        )
        told = [
            {"Id": r["id"], "Name": r["name"], "Account": {"Name": "公司"},
             "MobilePhone": r["phone"],
             "Phone": None, "Email": None, "DoNotCall": r.get("dnc", False),
             "IsDeleted": r.get("gone", False), "SystemModstamp": r["at"]}
            for r in rows[begin : begin + 2]
        ]  # fmt: skip
        return 200, {"totalSize": len(rows), "done": not rest, "records": told, **more}

    def call_of(self, call: dict[str, Any]) -> tuple[str, str]:
        return call["WhoId"], call["Description"]


class Odoo(WebCrm):
    KIND, SECRETS = "odoo", {"database": "d", "user": "u", "password": "p"}
    PERSON = staticmethod(
        lambda n, name, phone, at: {
            "id": n,
            "at": at.replace("T", " "),
            "name": name,
            "phone": phone,
        }
    )

    def answer(self, asked: Asked) -> Answer:
        told = asked.body["params"]
        if told["service"] == "common":
            return 200, {
                "jsonrpc": "2.0",
                "id": 1,
                "result": 7 if told["args"][2] == "p" else False,
            }
        if told["args"][:3] != ["d", 7, "p"]:
            return 200, {"jsonrpc": "2.0", "error": {"data": {"message": "Access Denied"}}}
        model, method, args, *rest = told["args"][3:]
        return 200, {"jsonrpc": "2.0", "id": 2, "result": self._do(model, method, args, *rest)}

    def _do(self, model: str, method: str, args: Any, more: Any = None) -> Any:
        if method == "search_read":
            [[[name, operator, since]]] = args
            assert (name, operator, more["order"]) == ("write_date", ">=", "write_date, id")
            rows = self.since(since)[more["offset"] :][: min(2, more["limit"])]
            assert more["context"] == {"active_test": False}
            return [{"id": r["id"], "active": not r.get("gone"), "name": r["name"],
                     "commercial_company_name": False, "phone": r["phone"] or False, "email": False,
                     "write_date": r["at"]}
                    for r in rows]  # fmt: skip
        if (model, method) == ("res.partner", "search"):
            [[[_, _, ids]]] = args
            known = [self.people.get(str(each)) for each in ids]
            return [row["id"] for row in known if row and not row.get("gone")]
        if model == "mail.message":
            [[_, [_, _, person], [_, _, key]]] = args
            return [
                n for n, c in enumerate(self.calls) if c["person"] == person and key in c["body"]
            ]
        if method == "message_post":
            self.calls.append({"person": args[0][0], "body": more["body"]})
            return len(self.calls)
        [[person], values] = args
        self.people[str(person)].update(values)
        return True

    def call_of(self, call: dict[str, Any]) -> tuple[str, str]:
        return str(call["person"]), call["body"]


class EspoCrm(WebCrm):
    KIND, SECRETS = "espocrm", {"key": "k"}
    PERSON = staticmethod(
        lambda n, name, phone, at: {
            "id": f"{n:017}", "at": at.replace("T", " "), "name": name, "phone": phone}
    )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != "k":
            return 401, None
        if asked.method == "PUT":
            self.people[asked.path.rpartition("/")[2]].update(dnc=asked.body["doNotCall"])
            return 200, {}
        if asked.path == "/api/v1/Call" and asked.method == "POST":
            self.calls.append(asked.body)
            return 200, {"id": "1"}
        if "searchParams" in asked.query:
            [told] = json.loads(asked.query["searchParams"])["where"]
            there = [each for each in told["value"] if each in self.people]
            return 200, {"total": len(there), "list": [{"id": each} for each in there]}
        wanted = asked.query["where[0][value]"]
        if asked.path == "/api/v1/Call":
            found = [call for call in self.calls if call["name"] == wanted]
            return 200, {"total": len(found), "list": found}
        assert asked.query["where[0][attribute]"] == asked.query["orderBy"] == "modifiedAt"
        rows = self.since(wanted)[int(asked.query["offset"]) :][: int(asked.query["maxSize"])]
        told = [{"id": r["id"], "name": r["name"], "accountName": "公司", "phoneNumber": r["phone"],
                 "emailAddress": None, "doNotCall": r.get("dnc", False), "modifiedAt": r["at"]}
                for r in rows]  # fmt: skip
        return 200, {"total": len(told), "list": told}

    def call_of(self, call: dict[str, Any]) -> tuple[str, str]:
        return call["parentId"], call["description"]


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
