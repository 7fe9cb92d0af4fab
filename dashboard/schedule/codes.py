"""The error codes of the scheduler."""

CODES: dict[str, str] = {
    "SD001": "A cron expression is not one.",
    "SD002": "A cron expression never fires.",
    "SD003": "A job's rhythm gives no later time.",
    "SD004": "Another process took over a due time in the middle; what this one was about to write was given up.",
    "SD005": "A job failed without saying why; the reason is in the log.",
    "SD006": "The process ended in the middle of a job several times.",
    "SD007": "A time zone is not known.",
    "SD008": "A job cannot be skipped or tried again as it is now.",
}
