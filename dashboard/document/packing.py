"""Workbooks out into the packagings of the portal: an ARM template of a shared workbook."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

_SPACE = uuid.UUID("6f1c3a52-6b39-4a55-8b38-3c5d0e5f6a11")


def arm_template(document: Mapping[str, Any], title: str) -> dict[str, Any]:
    """An ARM template that deploys the document as a shared workbook; equal titles give equal workbook ids, so that deploying
    it again updates the same one."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "workbookDisplayName": {"type": "string", "defaultValue": _literal(title)},
            "workbookType": {"type": "string", "defaultValue": "sentinel"},
            "workbookSourceId": {
                "type": "string",
                "defaultValue": "Azure Monitor",
                "metadata": {"description": "Resource id of the workspace, or Azure Monitor"},
            },
            "workbookId": {"type": "string", "defaultValue": str(uuid.uuid5(_SPACE, title))},
        },
        "resources": [
            {
                "name": "[parameters('workbookId')]",
                "type": "microsoft.insights/workbooks",
                "location": "[resourceGroup().location]",
                "apiVersion": "2022-04-01",
                "kind": "shared",
                "properties": {
                    "displayName": "[parameters('workbookDisplayName')]",
                    "serializedData": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
                    "version": "1.0",
                    "sourceId": "[parameters('workbookSourceId')]",
                    "category": "[parameters('workbookType')]",
                },
            }
        ],
        "outputs": {
            "workbookId": {
                "type": "string",
                "value": "[resourceId('microsoft.insights/workbooks', parameters('workbookId'))]",
            }
        },
    }


def _literal(text: str) -> str:
    """A text that ARM would read as an expression, escaped."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text
