"""What Sentinel knows: kinds, severities, entity types with their identifiers, tactics with their techniques.

Facts of the service's documentation and of the validator of its public repository; techniques by tactic are those of MITRE
ATT&CK as that validator takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SEVERITIES: Final = ("Informational", "Low", "Medium", "High")
OPERATORS: Final[Mapping[str, str]] = {
    "gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual",
    "GreaterThan": "GreaterThan", "LessThan": "LessThan", "Equal": "Equal", "NotEqual": "NotEqual",
}  # fmt: skip
KINDS: Final = (
    "Scheduled", "NRT", "MicrosoftSecurityIncidentCreation", "Anomaly", "Fusion", "MLBehaviorAnalytics", "ThreatIntelligence",
)  # fmt: skip
RUN_HERE: Final = ("Scheduled", "NRT", "MicrosoftSecurityIncidentCreation", "Anomaly")
PRODUCTS: Final = (
    "Microsoft Cloud App Security", "Azure Security Center", "Azure Advanced Threat Protection",
    "Azure Active Directory Identity Protection", "Azure Security Center for IoT",
    "Office 365 Advanced Threat Protection", "Microsoft Defender Advanced Threat Protection",
)  # fmt: skip


@dataclass(frozen=True)
class EntityType:
    """The identifiers an entity takes, and the sets of them of which one is needed."""

    identifiers: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]


def _type(identifiers: str, needed: str) -> EntityType:
    """`needed` separates alternatives by commas, identifiers needed together by `+`."""
    return EntityType(tuple(identifiers.split()), tuple(tuple(part.split("+")) for part in needed.split(",")))


ENTITIES: Final[Mapping[str, EntityType]] = {
    "Account": _type(
        "Name FullName NTDomain DnsDomain UPNSuffix Sid AadTenantId AadUserId PUID IsDomainJoined DisplayName ObjectGuid CloudAppAccountId IsAnonymized",
        "FullName,Sid,Name,AadUserId,PUID,ObjectGuid",
    ),
    "AzureResource": _type("ResourceId", "ResourceId"),
    "CloudApplication": _type("AppId Name InstanceName", "AppId,Name"),
    "DNS": _type("DomainName", "DomainName"),
    "File": _type("Directory Name", "Name"),
    "FileHash": _type("Algorithm Value", "Algorithm+Value"),
    "Host": _type(
        "DnsDomain NTDomain HostName FullName NetBiosName AzureID OMSAgentID OSFamily OSVersion IsDomainJoined",
        "FullName,HostName,NetBiosName,AzureID,OMSAgentID",
    ),
    "IoTDevice": _type(
        "DeviceId DeviceName Manufacturer Model FirmwareVersion OperatingSystem MacAddress Protocols SerialNumber Source IoTSecurityAgentId DeviceType IoTHub",
        "DeviceId",
    ),
    "IP": _type("Address", "Address"),
    "Mailbox": _type("MailboxPrimaryAddress DisplayName Upn ExternalDirectoryObjectId RiskLevel", "MailboxPrimaryAddress"),
    "MailCluster": _type(
        "NetworkMessageIds CountByDeliveryStatus CountByThreatType CountByProtectionStatus Threats Query QueryTime MailCount IsVolumeAnomaly Source ClusterSourceIdentifier ClusterSourceType ClusterQueryStartTime ClusterQueryEndTime ClusterGroup",
        "Query,Source",
    ),
    "MailMessage": _type(
        "Recipient Urls Threats Sender P1Sender P1SenderDisplayName P1SenderDomain SenderIP P2Sender P2SenderDisplayName P2SenderDomain ReceivedDate NetworkMessageId InternetMessageId Subject BodyFingerprintBin1 BodyFingerprintBin2 BodyFingerprintBin3 BodyFingerprintBin4 BodyFingerprintBin5 AntispamDirection DeliveryAction DeliveryLocation Language ThreatDetectionMethods",
        "NetworkMessageId,Recipient",
    ),
    "Malware": _type("Name Category", "Name"),
    "Process": _type("ProcessId CommandLine ElevationToken CreationTimeUtc", "CommandLine,ProcessId"),
    "RegistryKey": _type("Hive Key", "Key,Hive"),
    "RegistryValue": _type("Name Value ValueType", "Name"),
    "SecurityGroup": _type("DistinguishedName SID ObjectGuid", "DistinguishedName,SID,ObjectGuid"),
    "SubmissionMail": _type(
        "NetworkMessageId Timestamp Recipient Sender SenderIp Subject ReportType SubmissionId SubmissionDate Submitter",
        "SubmissionId,NetworkMessageId,Recipient,Submitter",
    ),
    "URL": _type("Url", "Url"),
}  # fmt: skip

_BY_TACTIC: Final[Mapping[str, str]] = {
    "Reconnaissance": "1595 1592 1589 1590 1591 1598 1597 1596 1593 1594 1681",
    "ResourceDevelopment": "1583 1586 1584 1587 1585 1588 1608 1650",
    "PreAttack": "1583 1584 1585 1586 1587 1588 1589 1590 1591 1592 1593 1594 1595 1596 1597 1598",
    "InitialAccess": "1078 1091 1133 1195 1199 1200 1189 1190 1566 1659 1669 0810 0817 0818 0819 0822 0883 0847 0848 0865 0862 0860 0866 0886",
    "Execution": "1047 1053 1059 1072 1106 1129 1203 1204 1559 1569 1609 1610 1648 1651 1674 1675 1677 0807 0871 0823 0821 0834 0853 0863 0874 0858",
    "Persistence": "1037 1053 1078 1098 1136 1137 1176 1197 1133 1205 1505 1525 1542 1543 1546 1547 1554 1556 1574 1653 1668 1671 0889 0839 0873 0857 0859",
    "PrivilegeEscalation": "1037 1053 1055 1068 1078 1098 1134 1484 1543 1546 1547 1548 1574 1611 0874 0890",
    "DefenseEvasion": "1006 1014 1027 1036 1055 1070 1078 1112 1127 1134 1140 1197 1202 1205 1207 1211 1216 1218 1220 1221 1222 1480 1484 1497 1535 1542 1548 1550 1553 1556 1562 1564 1574 1578 1599 1600 1601 1610 1612 1620 1622 1647 1656 1666 1672 1678 1679 0858 0820 0872 0849 0851 0856",
    "CredentialAccess": "1003 1040 1056 1110 1111 1187 1212 1528 1539 1552 1555 1556 1557 1558 1606 1621 1649",
    "Discovery": "1007 1010 1012 1016 1018 1033 1040 1046 1049 1057 1069 1082 1083 1087 1120 1124 1135 1201 1217 1482 1497 1518 1526 1538 1580 1613 1614 1615 1619 1622 1652 1654 1673 1680 0840 0842 0846 0888 0887",
    "LateralMovement": "1021 1072 1080 1091 1210 1534 1550 1563 1570 0866 0886 0859 0812 0867 0843",
    "Collection": "1005 1025 1039 1056 1074 1113 1114 1115 1119 1123 1125 1185 1213 1530 1557 1560 1602 0887 0802 0811 0868 0877 0830 0801 0861 0845 0852",
    "CommandAndControl": "1001 1008 1071 1090 1092 1095 1102 1104 1105 1132 1205 1219 1568 1571 1572 1573 1659 1665 0885 0884 0869",
    "Exfiltration": "1011 1020 1029 1030 1041 1048 1052 1537 1567",
    "Impact": "1485 1486 1489 1490 1491 1495 1496 1498 1499 1529 1531 1561 1565 1657 1667 0879 0813 0815 0826 0827 0828 0837 0880 0829 0831 0832 0882",
    "ImpairProcessControl": "0839 0856 0806 0836 0855",
    "InhibitResponseFunction": "0857 0851 0800 0878 0803 0804 0805 0809 0814 0816 0835 0838 0881",
}  # fmt: skip

TACTICS: Final = tuple(_BY_TACTIC)
"""ATT&CK tactics in the order of an attack."""

TECHNIQUE_TACTICS: Final[Mapping[str, tuple[str, ...]]] = {
    f"T{number}": tuple(tactic for tactic, numbers in _BY_TACTIC.items() if number in numbers.split())
    for number in sorted({number for numbers in _BY_TACTIC.values() for number in numbers.split()})
}
"""The tactics of a technique (sub-techniques belong to their technique)."""
