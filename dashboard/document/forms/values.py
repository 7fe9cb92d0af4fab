"""The closed lists of the format, with the words a form shows for them. Numbers are the format's own (docs/format.md)."""

from __future__ import annotations

from dashboard.document.forms.fields import Choices, same

DEFAULT = (None, "Default")
WIDTHS: Choices = (
    (None, "Whole row"),
    ("75", "75 %"),
    ("66", "66 %"),
    ("50", "50 %"),
    ("33", "33 %"),
    ("25", "25 %"),
    ("20", "20 %"),
)
SIZES: Choices = ((4, "Tiny"), (1, "Small"), (0, "Medium"), (2, "Large"), (3, "As tall as its content"))
VISUALIZATIONS: Choices = (
    (None, "Set by the query"), ("table", "Grid"), ("tiles", "Tiles"), ("stat", "Stat"), ("card", "Text"), ("timechart", "Time chart"),
    ("linechart", "Line chart"), ("areachart", "Area chart"), ("barchart", "Bar chart"), ("categoricalbar", "Bar chart (categories)"),
    ("unstackedbar", "Bar chart (unstacked)"), ("piechart", "Pie chart"), ("scatterchart", "Scatter chart"), ("map", "Map"), ("graph", "Graph"),
)  # fmt: skip
SOURCES: Choices = (
    (0, "Logs"), (1, "Azure Resource Graph"), (9, "Azure Data Explorer"), (7, "Merge"), (8, "JSON"), (10, "Custom endpoint"),
    (12, "Azure Resource Manager"), (14, "Microsoft Graph"), (4, "Resource health"), (13, "Change analysis"), (16, "Prometheus"), (11, "Intune"), (2, "Alerts (removed)"),
)  # fmt: skip
RESOURCE_TYPES = (
    "microsoft.operationalinsights/workspaces", "microsoft.insights/components", "microsoft.resourcegraph/resources", "microsoft.resources/tenants",
    "microsoft.containerservice/managedclusters", "microsoft.compute/virtualmachines", "microsoft.storage/storageaccounts", "microsoft.keyvault/vaults",
)  # fmt: skip
DURATIONS: Choices = (
    (300_000, "5 minutes"), (900_000, "15 minutes"), (1_800_000, "30 minutes"), (3_600_000, "1 hour"), (14_400_000, "4 hours"), (43_200_000, "12 hours"),
    (86_400_000, "24 hours"), (172_800_000, "2 days"), (259_200_000, "3 days"), (604_800_000, "7 days"), (1_209_600_000, "14 days"), (2_592_000_000, "30 days"),
    (5_184_000_000, "60 days"), (7_776_000_000, "90 days"),
)  # fmt: skip
AGGREGATIONS: Choices = (
    (None, "Default"),
    (5, "Sum"),
    (3, "Average"),
    (2, "Largest"),
    (1, "Smallest"),
    (0, "First"),
    (4, "Last"),
    (6, "Count"),
)
NO_DATA_STYLES: Choices = (
    (None, "Plain"),
    (1, "Plain (written)"),
    (2, "Information"),
    (3, "Success"),
    (4, "Purple"),
    (5, "Warning"),
)
TEXT_STYLES: Choices = (
    (None, "Plain"),
    ("info", "Information"),
    ("success", "Success"),
    ("upsell", "Purple"),
    ("warning", "Warning"),
    ("error", "Error"),
)
FORMATTERS: Choices = (
    (0, "Automatic"), (1, "Text"), (2, "Right aligned"), (6, "Date and time"), (3, "Bar"), (4, "Bar underneath"), (8, "Heat map"), (18, "Thresholds"),
    (12, "Big number"), (9, "Spark line"), (10, "Spark bars"), (21, "Spark area"), (22, "Composite bar"), (19, "Timeline"), (11, "Icon"), (7, "Link"),
    (13, "Resource"), (14, "Resource group"), (15, "Subscription"), (16, "Resource type"), (17, "Location"), (20, "Coloured number"), (5, "Hidden"),
)  # fmt: skip
PALETTES: Choices = (
    DEFAULT, *same(
        "auto", "none", "blue", "green", "orange", "red", "redBright", "yellow", "purple", "turquoise", "magenta", "pink", "gray", "grayBlue", "lightBlue",
        "blueDark", "blueDarkDark", "greenDark", "greenDarkDark", "redDark", "purpleDark", "yellowDark", "amethyst", "greenRed", "redGreen", "coldHot", "hotCold", "yellowOrangeRed", "whiteBlack",
        "orangeRed", "blueGreen", "greenBlue", "blueOrange", "orangeBlue", "purpleBlueGreen", "purpleBlue", "bluePurple", "purpleRed", "yellowGreenBlue", "yellowGreen",
    ),
)  # fmt: skip
COLOURS: Choices = (
    DEFAULT, *same(
        "blue", "lightBlue", "blueDark", "turquoise", "green", "lightGreen", "greenDark", "yellow", "orange", "orangeDark", "red", "redBright", "redDark",
        "magenta", "pink", "purple", "purpleDark", "amethyst", "brown", "gray",
    ),
)  # fmt: skip
UNITS: Choices = (
    (None, "None"), (0, "Number"), (17, "Count (K, M, B)"), (1, "Percent"), (2, "Bytes"), (3, "KiB"), (4, "MiB"), (5, "GiB"), (6, "TiB"), (36, "Bytes (1000)"), (37, "kB"), (38, "MB"), (39, "GB"),
    (22, "Microseconds"), (23, "Milliseconds"), (24, "Seconds"), (25, "Minutes"), (26, "Hours"), (27, "Days"), (11, "Bytes/s"), (12, "KiB/s"), (13, "MiB/s"),
    (31, "Count/s"), (30, "Count/min"), (45, "B/s (1000)"), (46, "kB/s"), (47, "MB/s"),
)  # fmt: skip
NUMBER_STYLES: Choices = (
    (None, "Default"),
    ("decimal", "Decimal"),
    ("percent", "Percent (× 100)"),
    ("currency", "Currency"),
)
DATES: Choices = (
    (None, "Default"), ("shortDateTimeNoMsPattern", "Short date and time"), ("shortDateTimePattern", "Short date and time with milliseconds"),
    ("fullDateTimePattern", "Full date and time"), ("shortDatePattern", "Short date"), ("longDatePattern", "Long date"), ("longTimePattern", "Time"), ("weekDayPattern", "Day of the week"),
)  # fmt: skip
OPERATORS: Choices = (
    ("==", "=="), ("!=", "≠"), (">", ">"), (">=", "≥"), ("<", "<"), ("<=", "≤"), ("contains", "contains"), ("startsWith", "starts with"), ("endsWith", "ends with"),
    ("regex", "regular expression"), ("is Empty", "is empty"), ("Default", "otherwise"),
)  # fmt: skip
CRITERIA: Choices = (
    *OPERATORS[:-2], ("notContains", "does not contain"), ("notStartsWith", "does not start with"), ("notEndsWith", "does not end with"),
    ("is Empty", "is empty"), ("isNotNull", "is set"), ("isValidJson", "is valid JSON"), ("Default", "otherwise"),
)  # fmt: skip
ALONE = ("is Empty", "isNotNull", "isValidJson")
"""Operators that compare with nothing."""
GROUP_AGGREGATIONS: Choices = ((None, "None"), *same("Sum", "Count", "Average", "Max", "Min", "Unique", "Inherit"))
MAP_AGGREGATIONS: Choices = same("Sum", "Count", "Average", "Max", "Min", "Unique", "None")
LINK_TARGETS: Choices = (
    ("parameter", "Set a parameter"), ("step", "Scroll to an item"), ("Url", "Open an address"), ("CellDetails", "Details of the cell"), ("GenericDetails", "Details of the row"),
    ("WorkbookTemplate", "Open a workbook"), ("Resource", "Open a resource"), ("OpenBlade", "Open a portal view"), ("ArmAction", "Run an ARM action"), ("ArmTemplate", "Deploy a template"),
)  # fmt: skip
LINK_STYLES: Choices = (
    ("tabs", "Tabs"),
    ("toolbar", "Toolbar"),
    ("list", "List"),
    ("bullets", "Bullets"),
    ("paragraph", "Paragraph"),
    ("nav", "Divided by |"),
)
PARAMETER_TYPES: Choices = (
    (1, "Text"), (2, "Drop-down"), (4, "Time range"), (10, "Options"), (5, "Resource"), (6, "Subscription"), (7, "Resource type"), (8, "Location"), (9, "Several values"), (11, "Tabs"),
)  # fmt: skip
EXPORT_TYPES: Choices = (
    (None, "Text"),
    (1, "Text"),
    (5, "Resource"),
    (6, "Subscription"),
    (7, "Resource type"),
    (8, "Location"),
)
