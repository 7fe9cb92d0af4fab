"""Threat intelligence: STIX 2.1, TAXII 2.1, MISP and CSV feeds become rows of ThreatIntelIndicators (and of the older
ThreatIntelligenceIndicator), one row an observable, held as Parquet beside the other local tables. Files and servers' answers
come in; rows, edits and matches go out. It knows no page."""
