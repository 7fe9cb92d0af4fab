"""Links, tabs and buttons: which one is selected, what it sets, where it leads (section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.document.workbook import Item, object_of, text_of
from dashboard.parameters.substitute import Context, references, substitute, substitute_deep
from dashboard.parameters.values import Value
from dashboard.runtime.plan import Tab

PORTAL_VIEWS: Mapping[str, str] = {
    "openblade": "opens a view of the Azure portal",
    "armaction": "changes an Azure resource",
    "armtemplate": "deploys an Azure template",
    "msgraphaction": "changes something by Microsoft Graph",
    "alertcreation": "makes an Azure alert rule",
    "alertrule": "makes an Azure alert rule",
    "copilotnudge": "asks Copilot in the Azure portal",
    "metrics": "opens the metrics explorer of the Azure portal",
}
"""What the targets that only the portal has would do, by their names in lower case."""


def selected_link(item: Item, pressed: tuple[int, int] | None, wanted: Mapping[str, str], is_tabs: bool) -> int | None:
    """The number of the selected tab, or of the link pressed last: what `wanted` says, else what was pressed, else the first
    of tabs."""
    for index, link in enumerate(item.links):
        name = text_of(link.get("cellValue"))
        if text_of(link.get("linkTarget")) == "parameter" and wanted.get(name, None) == text_of(link.get("subTarget")):
            return index
    if pressed is not None and 0 <= pressed[1] < len(item.links):
        return pressed[1]
    return 0 if is_tabs and item.links else None


def link_value(link: Mapping[str, Any], values: Mapping[str, Value], context: Context) -> tuple[str, str, bool]:
    """The parameter that a link sets (empty where it sets none), the text it gets, and whether that is the author's own."""
    if text_of(link.get("linkTarget")) != "parameter":
        return "", "", False
    written = text_of(link.get("subTarget"))
    trusted = all(values[name].trusted for name in references(written) if name in values)
    name = substitute(text_of(link.get("cellValue")), values, context)
    return name, substitute(written, values, context), trusted


def planned_links(item: Item, selected: int | None, values: Mapping[str, Value], context: Context) -> tuple[Tab, ...]:
    """The links as drawn, texts substituted. One whose texts use an unset required parameter is disabled."""
    tabs = []
    for index, link in enumerate(item.links):
        target = text_of(link.get("linkTarget"))
        texts = {
            key: substitute(text_of(link.get(key)), values, context)
            for key in ("linkLabel", "preText", "postText", "cellValue", "subTarget")
        }
        used = references([link.get("linkLabel"), link.get("postText"), link.get("cellValue"), link.get("subTarget")])
        blocked = any(name in values and values[name].blocks for name in used)
        is_url = target.lower() == "url"
        opened = link.get("workbookContext") if target.lower() == "workbooktemplate" else None
        tabs.append(
            Tab(
                label=texts["linkLabel"] or texts["cellValue"],
                target=target,
                selected=index == selected,
                parameter=texts["cellValue"] if target == "parameter" else "",
                value=texts["subTarget"] if target == "parameter" else "",
                url=texts["cellValue"] if is_url else "",
                step=texts["cellValue"] if target == "step" else "",
                enabled=not blocked and not (is_url and item.text_style.lower() == "tabs"),
                pre_text=texts["preText"],
                post_text=texts["postText"],
                style=text_of(link.get("style")),
                icon=text_of(link.get("icon")),
                workbook=substitute_deep(opened, values, context) if isinstance(opened, Mapping) else None,
                opens=_opens(link, target.lower(), texts["cellValue"], values, context),
            )
        )
    return tuple(tabs)


def _opens(
    link: Mapping[str, Any], target: str, text: str, values: Mapping[str, Value], context: Context
) -> Mapping[str, Any]:
    """What a link opens beside addresses and steps (see `Tab.opens`)."""
    if target in ("celldetails", "genericdetails"):
        return {"kind": "details", "text": text}
    if target == "resource":
        return {"kind": "resource", "id": text}
    if target == "downloadfile":
        settings = object_of(link.get("downloadActionSettings"))
        name = _sourced(settings.get("fileNameSource"), settings.get("fileNameValue"), values, context)
        content = _sourced(settings.get("fileContentSource"), settings.get("fileContentValue"), values, context)
        return {"kind": "file", "name": name, "text": content}
    if target in PORTAL_VIEWS:
        return {"kind": "inert", "why": f"This {PORTAL_VIEWS[target]}, which is not available here."}
    return {}


def _sourced(source: Any, written: Any, values: Mapping[str, Value], context: Context) -> str:
    """A value of an action's settings: a parameter's, or the text itself with what it refers to."""
    text = text_of(written)
    if text_of(source).lower() == "parameter":
        return substitute(f"{{{text}}}", values, context) if text in values else ""
    return substitute(text, values, context)
