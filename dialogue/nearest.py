"""The examples most like a message: what they mean, it may mean too."""

from typing import Any

import numpy
from sklearn.preprocessing import normalize

NEIGHBOURS = 10
NEARNESS = 8
"""How much more a nearer example counts: its likeness (cosine, from 0 to 1) to this power."""


class Nearest:
    """Lets the nearest examples vote. Rows of `features` are sparse; likeness is the cosine between rows."""

    def __init__(self, features: Any, intents: Any) -> None:
        self.classes, self._votes = numpy.unique(intents, return_inverse=True)
        self._examples = normalize(features).T.tocsr()

    def chances(self, features: Any) -> Any:
        """Return a row of shares for each message, in the order of `classes`; none for one unlike all."""
        likeness = (normalize(features) @ self._examples).tocsr()
        shares = numpy.zeros((likeness.shape[0], len(self.classes)))
        for row in range(likeness.shape[0]):
            start, end = likeness.indptr[row : row + 2]
            if start == end:
                continue
            near, like = likeness.indices[start:end], likeness.data[start:end]
            best = numpy.argpartition(-like, min(NEIGHBOURS, len(like) - 1))[:NEIGHBOURS]
            numpy.add.at(shares[row], self._votes[near[best]], like[best] ** NEARNESS)
            shares[row] /= shares[row].sum()
        return shares
