"""What the columns of a file probably are, by their names in English and Chinese."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table

from campaigns.crm.model import CustomField
from campaigns.importing.mapping import Columns, ConsentColumn, Mapping, NumberColumn

_DROPPED = re.compile(r"[\s_\-./:：()（）*#'\"]+")
_COUNTED = re.compile(r"(.*?)[0-9一二三四五]$")
WORDS: Table[str, tuple[str, ...]] = {
    "external_id": (
        *("externalid", "externalref", "customerid", "crmid", "reference", "ref", "customercode"),
        *("id", "客户编号", "客户id", "客户号", "客户代码", "会员号", "编号"),
    ),
    "name": (
        *("name", "fullname", "customername", "contactname", "contact", "customer", "lead"),
        *("姓名", "客户姓名", "联系人", "联系人姓名", "名字", "称呼", "客户名称", "客户"),
    ),
    "company": (
        *("company", "companyname", "organization", "organisation", "account", "accountname"),
        *(
            "employer",
            "firm",
            "公司",
            "公司名称",
            "单位",
            "单位名称",
            "企业",
            "企业名称",
            "客户名称",
        ),
    ),
    "region": ("country", "countrycode", "国家", "国家地区", "国家代码"),
    "stage": (
        *("stage", "leadstage", "pipelinestage", "status", "leadstatus"),
        *("阶段", "客户阶段", "销售阶段", "状态", "客户状态", "意向阶段"),
    ),
    "owner": (
        *("owner", "salesrep", "assignedto", "accountmanager", "salesperson"),
        *("负责人", "归属人", "归属", "所有人", "跟进人", "业务员", "销售", "销售员"),
    ),
    "do_not_call": (
        *("donotcall", "dnc", "optout", "donotphone", "免打扰", "请勿致电", "勿扰", "拒绝来电"),
        "黑名单",
    ),
}
NUMBERS: Table[str, str | None] = {
    **dict.fromkeys(
        ("mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "手机", "手机号"), "mobile"
    ),
    **dict.fromkeys(("手机号码", "移动电话", "手机电话"), "mobile"),
    **dict.fromkeys(
        ("phone", "telephone", "tel", "number", "phonenumber", "telephonenumber"), None
    ),
    **dict.fromkeys(("mainphone", "homephone", "otherphone", "workphone", "businessphone"), None),
    **dict.fromkeys(("电话", "电话号码", "联系电话", "联系方式", "号码", "备用电话"), None),
    **dict.fromkeys(("landline", "officephone", "座机", "固话", "固定电话"), "fixed_line"),
    **dict.fromkeys(("办公电话", "公司电话"), "fixed_line"),
}
"""And what their numbers are, where the number itself does not tell."""
EMAILS = frozenset(
    {"email", "emailaddress", "mail", "邮箱", "电子邮箱", "电子邮件", "邮件", "邮箱地址"}
)
TAGS = frozenset({"tag", "tags", "label", "labels", "标签", "客户标签"})
CONSENT = frozenset({"consent", "optin", "callconsent", "同意", "同意致电", "授权", "同意来电"})


def guess(
    header: Sequence[str], stages: Iterable[str] = (), fields: Iterable[CustomField] = ()
) -> Mapping | None:
    """A mapping for a file with this header; None where nobody could be known again by it.

    `stages`, `fields`: of the site's CRM file; without stages a column of them means nothing.
    """
    left = {name: plain(name) for name in header}
    own = _own(left, fields)  # what a site has declared counts before what others call so
    one = {of: _taken(left, words) for of, words in WORDS.items() if of != "stage" or any(stages)}
    numbers = tuple(
        NumberColumn(column=name, type=NUMBERS[word])
        for name in _all(left, NUMBERS)
        for word in (_stem(plain(name), NUMBERS),)
    )
    columns = Columns(
        **one,
        numbers=numbers,
        emails=tuple(_all(left, EMAILS)),
        tags=tuple(_all(left, TAGS)),
        consent=tuple(ConsentColumn(column=name) for name in _all(left, CONSENT)[:1]),
        fields=own,
    )
    known = columns.external_id or columns.numbers or columns.emails
    return Mapping(columns=columns) if known else None


def _taken(left: dict[str, str], words: Sequence[str]) -> str | None:
    """The column that is called by the first of these words that there is; nobody else's then."""
    for word in words:
        for name, plain in left.items():
            if plain == word:
                del left[name]
                return name
    return None


def _all(left: dict[str, str], words: Iterable[str]) -> list[str]:
    found = [name for name, plain in left.items() if _stem(plain, words)]
    for name in found:
        del left[name]
    return found


def _own(left: dict[str, str], fields: Iterable[CustomField]) -> dict[str, str]:
    found = dict[str, str]()
    for field in fields:
        names = (plain(f"custom.{field.name}"), plain(field.name), plain(field.label))
        name = _taken(left, [name for name in names if name])
        if name:
            found[field.name] = name
    return found


def _stem(plain: str, words: Iterable[str]) -> str:
    """The word that a column is called by, also with a number after it: `phone2`."""
    if plain in words:
        return plain
    counted = _COUNTED.fullmatch(plain)
    return counted[1] if counted and counted[1] in words else ""


def plain(name: str) -> str:
    """A column's name as it is known again by: without case, width, and what parts its words."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", name).casefold())
