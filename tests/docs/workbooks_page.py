"""docs/workbooks.md: what each shipped workbook answers, and what it needs, read from the workbooks themselves."""

from __future__ import annotations

from dashboard.document import load_workbook
from dashboard.pages import library, shelves

QUESTIONS: dict[str, tuple[str, ...]] = {
    "incident-trends": (
        "How much work comes in, and does it get done?",
        "What are incidents about, and which rules cry wolf?",
        "What is still open, and who has it?",
    ),
    "soc-efficiency": (
        "How fast are incidents taken and closed, against our targets?",
        "Who carries the load, and when does work come?",
        "Which rules cost hours for nothing, and what does automation take over?",
    ),
    "entity": (
        "What did this user, host, address or pod do, in every log, on one timeline?",
        "What do the inventories and threat intelligence know of it?",
        "Who and what shows up together with it?",
    ),
    "mitre-attack": (
        "Which techniques of ATT&CK were seen, by which rules and products?",
        "Where are the gaps, and is there data to close them?",
        "Which rules are silent or fail?",
    ),
    "aks-security-overview": (
        "Is a cluster under attack, and where do I look first?",
        "Who makes risky requests to the API servers?",
        "Which workloads could take their node, and what is reachable from outside?",
    ),
    "aks-pod-inventory": (
        "What runs in my clusters, where, from which images?",
        "What is not well, and why?",
        "Do the nodes have room?",
    ),
    "aks-audit-warnings": (
        "Who ran commands in containers, read secrets, bound roles, made privileged pods?",
        "What was refused, what came from nobody, from which addresses?",
        "What exactly was asked?",
    ),
    "defender-for-aks": (
        "What did Defender for Containers find: mounts, dashboards, mining, roles?",
        "How far along the attack are we, by tactic?",
        "Does its sensor run on every node?",
    ),
    "container-images": (
        "Which images run, and can their registries be trusted?",
        "What is new since yesterday, and who asked for it?",
        "Which images run in several versions, which pods has nobody declared?",
    ),
    "aks-control-plane": (
        "Do API server, controllers, scheduler and autoscaler work?",
        "Who loads the API server, what is slow, what fails?",
        "What is the audit log made of, and what would it save to keep only kube-audit-admin?",
    ),
    "sign-ins": (
        "Who signs in, from where, and what fails?",
        "Which addresses spray passwords, and where did one succeed?",
        "What is risky, and what changed in the directory?",
    ),
    "microsoft-365": (
        "Who works with what in mail, files and Teams?",
        "Which rules forward mail away, who reads other mailboxes?",
        "What was downloaded in bulk, shared, clicked?",
    ),
    "azure-activity": (
        "Who changed what in the subscriptions, and what failed?",
        "Which changes gave access, handed out credentials, opened networks?",
        "What is unusual for a caller?",
    ),
    "diagnostics-metrics": (
        "Which resources send logs, and do they still?",
        "Who reads the vaults, whom do the firewalls stop?",
        "Which machines and services are under strain?",
    ),
    "network": (
        "What do firewalls and gateways let through and stop?",
        "Who talks to known bad addresses?",
        "Who sends most, and does every device still report?",
    ),
    "threat-intelligence": (
        "Which indicators were met in my own logs, by whom, and was it stopped?",
        "Which feeds earn their place?",
    ),
    "syslog": (
        "What do Linux machines complain of?",
        "Who logs on over SSH, who guesses, who uses sudo?",
        "Which messages are new or rare?",
    ),
    "data-health": (
        "Is everything still arriving, and how late?",
        "How much comes in, and what does it cost?",
        "Which connectors, agents and queries are in trouble?",
    ),
}
HEAD = """Eighteen workbooks come with Watchbook. Each answers its questions on the first screen: figures with their trend, then charts, then tables to click into. They are plain `Notebook/1.0` and open unchanged in the Azure portal and over live Log Analytics.

- **The same parameters in the same place**: time range, subscription, workspace, then what the workbook is about.
- **They hang together**: a name in a table (user, host, address, pod) opens the *Entity timeline* with that name and the time range; an alert, incident or cluster opens the workbook about it. *See also* at the end leads to the neighbours.
- **In the Azure portal** these links name templates under `Community-Workbooks/Watchbook/`; import the workbooks and set the links to their resource ids to use them there.
- A green tick, yellow triangle or red mark on a figure says whether it needs attention; it never stands for itself alone, so that it reads in black and white.
- **Change one**: open it, *Edit*, *Save as a copy*. [Your first workbook in ten minutes](first-workbook.md) goes through it.
"""


def workbooks_page() -> str:
    """The page's text."""
    entries = {entry.id: entry for entry in library.entries() if entry.shipped}
    lines = ["# The workbooks\n", "<!-- Written by `make docs` from the code. -->\n\n", HEAD]
    for shelf, names in shelves.SHELVES:
        lines.append(f"\n## {shelf}\n")
        for name in names:
            entry = entries[name]
            workbook = load_workbook(entry.path)
            parameters = [
                f"{parameter.label or parameter.name}"
                for item in workbook.items
                if item.kind == "parameters"
                for parameter in item.parameters
            ]
            lines.append(f"\n### {entry.title}\n`{name}`. {entry.text}\n\n")
            lines += [f"- {question}\n" for question in QUESTIONS[name]]
            lines.append(f"\nTables: {', '.join(entry.tables)}.\n\nParameters: {', '.join(parameters)}.\n")
            lines.append(f"\n![{entry.title}](../dashboard/pages/static/thumbnails/{name}.light.webp)\n")
    return "".join(lines)
