"""Codes of this room: what a reader sees when an export cannot be made."""

from __future__ import annotations

CODES: dict[str, str] = {
    "EX001": "The format of a table's export is not one of csv, json, xlsx, parquet.",
    "EX002": "A picture or PDF needs Chromium, and none was found.",
    "EX003": "Chromium was found, but it could not draw.",
    "EX004": "Chromium took too long to draw.",
    "EX005": "A chart's picture can be PNG or SVG, and another format was asked for.",
    "EX006": "PDF is made for A4 or Letter, and another paper was asked for.",
    "EX007": "The format of a workbook's export is not one of json, html, pdf, png, xlsx, md.",
    "EX008": "The picture of a workbook would be larger than programs can open.",
    "EX010": "A text is no resource group of Azure.",
    "EX011": "Azure gives no content of a workbook.",
}
