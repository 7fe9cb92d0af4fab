from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import run, same, value

CASES: list[tuple[str, Any]] = [
    ("has_ipv4_prefix('a 127.0.0.1', '127.0')", False),
    ("has_ipv4('a 127.0.0.256', '127.0.0.256')", False),
    ("ipv4_is_private('10.1.2.3')", True),
    ("ipv4_is_private('172.32.0.1')", False),
    ("ipv4_is_private('192.168.1.1/24')", True),
    ("ipv4_is_private('nonsense')", None),
    ("parse_ipv4('127.0.0.1')", 2130706433),
    ("parse_ipv4('192.168.1.1/24')", 3232235776),
    ("parse_ipv4('1.2.3.456')", None),
    ("parse_ipv4_mask('127.0.0.1', 24)", 2130706432),
    ("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", True),
    ("ipv4_is_in_any_range('192.168.1.6', '10.0.0.0/8', '192.168.0.0/16')", True),
    ("ipv4_is_in_any_range('192.168.1.6', dynamic(['10.0.0.0/8']))", False),
    ("ipv4_is_match('192.168.1.1/24', '192.168.1.255')", True),
    ("ipv4_is_match('192.168.1.1', '192.168.1.255')", False),
    ("ipv4_compare('1.1.1.1', '1.1.1.2')", -1),
    ("ipv4_netmask_suffix('10.1.2.3/24')", 24),
    ("format_ipv4('192.168.1.1', 24)", "192.168.1.0"),
    ("format_ipv4_mask(3232236031, 24)", "192.168.1.0/24"),
    ("format_ipv4('nonsense')", ""),
    ("has_ipv4('05:04:54 127.0.0.1 GET', '127.0.0.1')", True),
    ("has_ipv4('05:04:54127.0.0.1 GET', '127.0.0.1')", False),
    ("has_ipv4('x', '127.0.0.256')", False),
    ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", True),
    ("has_any_ipv4('a 127.0.0.1 b', '1.1.1.1', '127.0.0.1')", True),
    ("has_any_ipv4_prefix('a 127.0.0.1 b', dynamic(['10.', '127.0.']))", True),
    ("has_any_ipv4('a 127.0.0.1 b', pack_array('127.0.0.1', tostring(new_guid())))", True),
    ("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001"),
    ("parse_ipv6('nonsense')", ""),
    ("ipv6_is_match('fe80::1/120', 'fe80::ff')", True),
    ("ipv6_compare('::1', '::2')", -1),
    ("ipv6_is_in_range('fe80::1', 'fe80::/10')", True),
    ("ipv6_is_in_any_range('fe80::1', dynamic(['::1', 'fe80::/10']))", True),
    ("ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')", ["1.1.128.0/21", "1.1.136.0/22", "1.1.140.0/24"]),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_network_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_addresses_in_columns_are_compared_with_networks_in_columns() -> None:
    query = """datatable(ip:string, net:string)["10.0.0.5", "10.0.0.0/24", "10.0.1.5", "10.0.0.0/24", "x", "10.0.0.0/24"]
        | project ipv4_is_in_range(ip, net)"""
    assert run(query)[1] == [[True], [False], [None]]
