from __future__ import annotations

import pytest

from dashboard.document.resource_graph import with_table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where type == 'x'", "resources\n| where type == 'x'"),
        ("| where x", "resources\n| where x"),
        ("// why\nsummarize Resources=count()", "// why\nresources\n| summarize Resources=count()"),
        ("Resources | where a", "resources | where a"),
        ("Resources \r\n//| where b\r\n| where a", "resources \r\n//| where b\r\n| where a"),
        (
            "// it's\nResources\n| join (ResourceContainers | project Resources) on x",
            "// it's\nresources\n| join (resourcecontainers | project Resources) on x",
        ),
        ("union Resources, (SecurityResources | where 1==1)", "union resources, (securityresources | where 1==1)"),
        ("resources | summarize dcount(Resources)", "resources | summarize dcount(Resources)"),
        ("datatable(a:string)['Resources |'] | where a", "datatable(a:string)['Resources |'] | where a"),
        ("let a=1;\nAdvisorResources\n\n| x", "let a=1;\nadvisorresources\n\n| x"),
        ("", ""),
        ("// nothing", "// nothing"),
    ],
)
def test_a_query_gets_its_table_and_its_names_in_lower_case(text: str, expected: str) -> None:
    assert with_table(text) == expected
