"""Detection rules as Sentinel writes them: read from YAML or ARM JSON (Sigma through pySigma), checked, written again.

`load_rules` reads a file into rules and problems, `check_query` holds a rule's query against the known tables. A rule is a
frozen `Rule`; what is wrong comes as `Problem`s with file and line, all of them at once.
"""

from dashboard.detection.rules.load import Loaded, load_rules, read_rules
from dashboard.detection.rules.rule import Rule

__all__ = ["Loaded", "Rule", "load_rules", "read_rules"]
