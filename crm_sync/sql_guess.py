"""A map of columns by what they are called, in English and Chinese: a beginning."""

from collections.abc import Collection, Mapping
from typing import Any

WORDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "customer_id", "uuid", "编号", "客户编号"),
    "updated_at": (
        *("updated_at", "modified_at", "last_modified", "date_modified", "write_date"),
        *("modified", "updated", "update_time", "更新时间", "修改时间"),
    ),
    "name": ("name", "full_name", "customer_name", "contact_name", "姓名", "客户名称", "联系人"),
    "company": ("company", "company_name", "account_name", "firm", "公司", "公司名称", "单位"),
    "numbers": ("phone", "mobile", "telephone", "phone_number", "tel", "电话", "手机", "手机号"),
    "emails": ("email", "email_address", "mail", "邮箱", "电子邮箱"),
    "stage": ("stage", "status", "lead_status", "阶段", "状态", "客户状态"),
    "owner": ("owner", "assigned_to", "sales_rep", "salesperson", "负责人", "归属人"),
    "tags": ("tags", "labels", "标签"),
    "do_not_call": ("do_not_call", "dnc", "opt_out", "opted_out", "免打扰", "拒绝来电"),
    "intent": ("intent", "intent_level", "意向", "意向等级"),
    "last_call_at": ("last_call_at", "last_called_at", "最后通话时间"),
    "last_disposition": ("last_disposition", "last_result", "call_result", "通话结果"),
}
SEVERAL = ("numbers", "emails")


def guess(tables: Mapping[str, Any]) -> str:
    """YAML of a map, of the table that has most of what customers have."""
    scored = {name: fits(table.columns.keys()) for name, table in tables.items()}
    usable = {name: found for name, found in scored.items() if "numbers" in found}
    if not usable:
        return "# no table has a column that is called as telephone numbers are\n"
    best = max(usable, key=lambda name: (len(usable[name]), name))
    return _yaml(best, usable[best])


def fits(columns: Collection[str]) -> dict[str, list[str]]:
    """Our field -> the columns that are called so."""
    by_name = {column.casefold(): column for column in columns}
    found = {
        field: [by_name[word] for word in words if word in by_name]
        for field, words in WORDS.items()
    }
    return {field: names for field, names in found.items() if names}


def _yaml(table: str, found: Mapping[str, list[str]]) -> str:
    lines = ["# a guess, by the names of the columns: look at each", "customers:"]
    lines.append(f"  table: {table}")
    lines += [f"  {own}: {found[own][0]}" for own in ("id", "updated_at") if own in found]
    lines.append("  fields:")
    for field, names in found.items():
        if field not in ("id", "updated_at"):
            several = field in SEVERAL and len(names) > 1
            told = f"[{', '.join(names)}]" if several else names[0]
            lines.append(f"    {field}: {told}")
    return "\n".join(lines) + "\n"
