"""Times that vary, and the mark of a part of the world that refuses unknown keys."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

from pydantic import ConfigDict, Field

_NORMAL = NormalDist()


class Closed:
    """A part of the world; keys that nobody declared are errors."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Spread(Closed):
    """A lognormal time in seconds: its mean, and its coefficient of variation.

    Call-centre service times are close to lognormal (Brown et al. 2005, JASA 100:36-50).
    """

    mean: Annotated[float, Field(ge=0, le=86400)]
    cv: Annotated[float, Field(ge=0, le=5)] = 0.5

    def at(self, chance: float) -> float:
        """The time that a share `chance`, above 0 and below 1, of all stay below."""
        if not (self.mean and self.cv):
            return self.mean
        variance = math.log1p(self.cv * self.cv)
        normal = _NORMAL.inv_cdf(chance)
        return self.mean * math.exp(math.sqrt(variance) * normal - variance / 2)
