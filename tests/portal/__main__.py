"""`python -m tests.portal OUT [--dark] [NAME…]`: the portal's pictures of each workbook and our whole page at the same width, side
by side."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.estate import generate
from dashboard.ingest.schemas import known_tables
from tests.pages.conftest import DRAWN, IDLE
from tests.portal import rows
from tests.serving import launch_chromium, serving
from tests.shared import SHARED

PICTURES = SHARED / "reference/portal-previews"
FOLDER = SHARED / "corpus/workbooks/azure-sentinel-fork-2022-03"


# What the portal's picture has chosen that a workbook does not open with.
CHOSEN = {
    "AksSecurity": "p.mainTab=diagnostics&p.dispalyedGraph=secretOperation&p.timeframe=14d", "MITREATTACK": "p.selectedTab=AzureSentinelGithub",
    "VisualizationDemo": "p.Tab=Charts&p.TimeRange=14d", "PaloAltoNetworkThreat": "p.TimeRange=7d", "IdentityAndAccess": "p.TimeRange=7d",
    "InsecureProtocols": "p.selectedTab=SMB&p.TimeRange=30d", "ThreatIntelligence": "p.TimeRange=14d",
    "SolarWindsPostCompromiseHunting": "p.nav_val=2", "ZscalerFirewall": "p.TimeRange=14d", "pfsense": "p.TimeRange=14d",
}  # fmt: skip


def pictured() -> dict[str, Path]:
    """Workbooks of the corpus that the portal was photographed with, by the pictures' name."""
    names = sorted({path.stem.split("White")[0] for path in PICTURES.iterdir() if "White" in path.name})
    spelt = {"MITREATTACK": "MITREAttack", "AIVectraDetect": "AIVectraDetectWorkbook", "GitHubSecurity": "GitHubSecurityWorkbook",
             "Perimeter81Overview": "Perimeter81OverviewWorkbook"}  # fmt: skip
    found = {name: FOLDER / f"Workbooks_{spelt.get(name, name)}.json" for name in names}
    found["CiscoISE"] = FOLDER / "Solutions_Cisco_ISE_Workbooks_CiscoISE.json"
    return {name: path for name, path in found.items() if path.is_file()}


def main() -> None:
    out = Path(sys.argv[1])
    dark = "--dark" in sys.argv
    names = [argument for argument in sys.argv[2:] if argument != "--dark"]
    chosen = {name: path for name, path in pictured().items() if not names or name in names}
    own = out / "workbooks"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    for name, path in chosen.items():
        shutil.copy(path, own / f"{name}.json")
    data = out / "data"
    if not data.is_dir():
        generate(data)
        rows.write([text for path in pictured().values() for text in rows.queries(load_workbook(path))], data)
    functions = {"WATCHBOOK_FUNCTIONS_FOLDER": str(data / rows.FUNCTIONS)}
    with serving(data=data, workbooks=own, environment=functions) as running, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name in chosen:
            choices = f"p.IncidentNumber={_incident(data)}" if name == "IncidentOverview" else CHOSEN.get(name, "")
            print(name, json.dumps(_shoot(browser, running.url, name, choices, out, dark=dark)), flush=True)
            _beside(browser, name, out, dark=dark)
        browser.close()


def _incident(data: Path) -> int:
    """The newest closed incident with comments and several alerts."""
    closed = "SecurityIncident | summarize arg_max(TimeGenerated, *) by IncidentNumber | where Status == 'Closed'"
    told = f"{closed} and array_length(Comments) > 0 and array_length(AlertIds) > 1 | summarize max(IncidentNumber)"
    return int(LocalEngine(data, known_tables()).run(QueryRequest(told)).rows()[0][0])


def _shoot(
    browser: Browser, url: str, name: str, choices: str, out: Path, width: int = 1440, *, dark: bool
) -> list[str]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{url}/workbook?w=mine/{quote(name)}&{choices}")
    page.wait_for_timeout(1_500)
    page.wait_for_selector(IDLE, timeout=180_000)
    tall = page.evaluate("() => (document.querySelector('[data-testid=stMain]') || document.body).scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(tall) + 80, 6000)})
    page.wait_for_timeout(1_500)
    page.wait_for_selector(IDLE, timeout=180_000)
    page.wait_for_function(DRAWN, timeout=180_000)
    page.screenshot(path=out / f"{name}.png")
    context.close()
    return errors


def _beside(browser: Browser, name: str, out: Path, *, dark: bool) -> None:
    """The portal's pictures left, ours right, both to their ends."""
    shots = sorted(
        path for path in PICTURES.iterdir() if path.stem.rstrip("123") == name + ("Black" if dark else "White")
    )
    pictures = [base64.b64encode(path.read_bytes()).decode() for path in [*shots, out / f"{name}.png"]]
    images = [f'<img src="data:image/png;base64,{picture}">' for picture in pictures]
    page = browser.new_page(viewport={"width": 1560, "height": 600})
    page.set_content(
        "<style>body{margin:0;display:flex;gap:10px;background:#777}div{width:775px}img{width:100%;margin-bottom:6px}</style>"
        f"<div>{''.join(images[:-1])}</div><div>{images[-1]}</div>"
    )
    page.screenshot(path=out / f"{name}-beside.png", full_page=True)
    page.close()


if __name__ == "__main__":
    main()
