"""What the lab says when a part cannot be had."""


class LabError(Exception):
    """One sentence: which part is missing or failed, and what to do."""
