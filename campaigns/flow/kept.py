"""The texts of flow files, as they are kept with a campaign, read again."""

from collections.abc import Mapping

from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow


def flows_of(texts: Mapping[str, str]) -> dict[str, Flow]:
    """The flows, by name. They were checked when they were applied. Raises `SpecError`."""
    return {name: load_alone(text, f"{name}.yaml") for name, text in texts.items()}
