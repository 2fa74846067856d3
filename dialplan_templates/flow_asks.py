"""What the templates of the steps that ask for keys need."""

from typing import Any, TypeAlias

from campaigns.flow.asking import Asks, Menu, Survey
from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Flow
from campaigns.flow.reading import RETURN
from campaigns.flow.ways import Step, Way
from connectors.packed import pack

View: TypeAlias = dict[str, Any]


def menu(step: Menu, _: Flow) -> View:
    """A label for each choice."""
    choices = [(way, f"choice{i}") for i, way in enumerate(step.ways(), 1) if way.asked]
    return _asked(step) | {
        "choices": [{"pressed": way.name, "label": label} for way, label in choices],
        "exits": [exit_of(way, label) for way, label in choices],
    }


def survey(step: Survey, _: Flow) -> View:
    """A label for each answer; they all lead onwards."""
    choices = [
        {"pressed": keys, "label": f"choice{i}", "answer": pack(answer)}
        for i, (keys, answer) in enumerate(step.answers.items(), 1)
    ]
    return _asked(step) | {"variable": step.survey, "choices": choices}


def collect(step: Collect, _: Flow) -> View:
    """Expressions that must all be so: of the length, and of what is valid."""
    digits = "[0-9]" * step.shortest + "[0-9]?" * (step.longest - step.shortest)
    rules = [digits] if step.valid is None else [digits, step.valid.expression()]
    return _asked(step) | {"variable": step.collect, "expressions": rules}


def exits_of(step: Step) -> list[View]:
    """Every way out of a step, labelled with its own name."""
    return [exit_of(way, way.name.replace(" ", "")) for way in step.ways()]


def exit_of(way: Way, label: str) -> View:
    """A way out, and the label of its first line."""
    return {"label": label, "way": way.name, "to": way.to, "back": way.to == RETURN}


def _asked(step: Asks) -> View:
    """What menu, survey and collect have in common."""
    return {
        "question": step.question,
        "invalid": step.invalid or "",
        "barge_in": step.barge_in,
        "longest": step.longest,
        "end_key": step.end_key,
        "timeout": step.timeout,
        "between": step.between,
        "retries": step.retries,
        "pressed": "hidden" if isinstance(step, Collect) and step.secret else "shown",
        "given_up": [exit_of(way, way.name) for way in reversed(step.given_up())],
        "exits": [exit_of(way, way.name) for way in step.ways() if way.name == "next"],
    }
