"""What the query API tells about itself: the tables of a workspace, and where Kusto's clients would sign in."""

from __future__ import annotations

from typing import Any

from dashboard.engines.protocol import Engine


def metadata(engine: Engine, workspace: str) -> dict[str, Any]:
    """Log Analytics' description of a workspace: its tables with their columns and the workspace that holds them."""
    tables = [
        {
            "id": f"t/{table.name}",
            "name": table.name,
            "timespanColumn": "TimeGenerated",
            "columns": [{"name": name, "type": kind} for name, kind in table.columns],
        }
        for table in engine.tables()
    ]
    known = {
        "id": workspace,
        "resourceId": f"/workspaces/{workspace}",
        "name": engine.label,
        "region": "local",
        "tables": [table["id"] for table in tables],
    }
    return {"tables": tables, "workspaces": [known]}


def cloud_metadata() -> dict[str, Any]:
    """What Kusto's clients ask before they sign in: the public cloud. No sign-in is needed for a token given by hand."""
    login = "https://login.microsoftonline.com"
    return {
        "AzureAD": {
            "LoginEndpoint": login,
            "LoginMfaRequired": False,
            # Microsoft's own public application for Kusto's clients.
            "KustoClientAppId": "db662dc1-0cfe-4e1c-a843-19a68e65be58",
            "KustoClientRedirectUri": "https://microsoft/kustoclient",
            "KustoServiceResourceId": "https://kusto.kusto.windows.net",
            "FirstPartyAuthorityUrl": f"{login}/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        },
        "dSTS": None,
    }
