"""The intent model itself: n-grams, concepts and, where given, dense vectors into a linear classifier. Without Rasa."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from dialogue.clauses import clauses
from dialogue.concepts import Concepts, words
from dialogue.nearest import Nearest
from dialogue.tokens import cut

HELD_BACK = 1 / 3
SHARPNESS_BOUNDS = (0.5, 50.0)
MEANT_TOO = -0.2
OF_THE_NEAREST = 1 / 3

Array = numpy.ndarray[Any, Any]
# One row of numbers for each message.
Dense = Array


class Meaning(NamedTuple):
    """What a message means: every intent with its probability, likeliest first, and those it carries on their own."""

    ranking: list[tuple[str, float]]
    also: list[str]


def spaced(text: str) -> str:
    """Return the tokens of a message with single spaces, so that spacing does not matter to character n-grams."""
    return " ".join(piece.text for piece in cut(text))


def grams(analyse: Callable[[str], list[str]], longest: int, at_least: int = 1) -> TfidfVectorizer:
    """Return TF-IDF over 1-grams up to `longest`-grams of what `analyse` makes of `at_least` so many messages."""
    return TfidfVectorizer(
        tokenizer=analyse,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, longest),
        min_df=at_least,
        sublinear_tf=True,
        dtype=numpy.float32,
    )


class IntentModel:
    """Words, characters and concepts of a message, weighted by TF-IDF, into one linear SVM for each intent.

    Dense vectors, when the pipeline makes them, stand beside these; each is brought to length 1 as they are.
    The SVMs' margins become probabilities by a softmax, whose sharpness is fitted to the margins of a third of the
    examples held back (temperature scaling: Guo et al. 2017, "On calibration of modern neural networks"). A third of
    each probability is the vote of the nearest examples.
    Training is repeatable: the same examples in the same order give the same model.
    """

    def __init__(self, concepts: Mapping[str, Sequence[str]], strength: float = 1.0) -> None:
        found = Concepts(concepts)
        characters = TfidfVectorizer(
            analyzer="char_wb",
            preprocessor=spaced,
            ngram_range=(2, 5),
            sublinear_tf=True,
            min_df=2,
            dtype=numpy.float32,
        )
        self.features = FeatureUnion(
            [
                ("words", grams(words, 2, at_least=2)),
                ("characters", characters),
                ("abstract", grams(found.abstract, 2)),
                ("together", grams(found.together, 1)),
            ],
            transformer_weights={"words": 0.7, "together": 0.5},
        )
        self.classifier = LinearSVC(C=strength, tol=0.1, random_state=0)
        self.sharpness = 1.0
        self.dense_size = 0

    def fit(self, texts: Sequence[str], intents: Sequence[str], dense: Dense | None = None) -> None:
        """Learn from labelled texts, with a row of `dense` for each if any; there must be three of each intent."""
        told, meant = numpy.array(texts, dtype=object), numpy.array(intents)
        self.dense_size = 0 if dense is None else dense.shape[1]
        learn, hold = train_test_split(
            numpy.arange(len(told)), test_size=HELD_BACK, stratify=meant, random_state=0
        )
        self._learn(told[learn], meant[learn], None if dense is None else dense[learn])
        held = _beside(self.features.transform(told[hold]), None if dense is None else dense[hold])
        margins = self.classifier.decision_function(held)
        true = (numpy.arange(len(hold)), numpy.searchsorted(self.classifier.classes_, meant[hold]))

        def surprise(sharpness: float) -> float:
            return float(-log_softmax(margins * sharpness, axis=1)[true].mean())

        self.sharpness = float(minimize_scalar(surprise, bounds=SHARPNESS_BOUNDS, method="bounded").x)
        self._learn(told, meant, dense)

    def read(self, texts: Sequence[str], dense: Dense | None = None) -> list[Meaning]:
        """Return what each text means; to a text with nothing known in it all intents are alike.

        A text carries an intent when it or one of its clauses does. Each SVM knows one intent from all others, so
        several may say yes: "lost my job, can I get two months?" Clauses share their message's dense vector.
        """
        if not texts:
            return []
        pieces = [[text, *clauses(text)] for text in texts]
        counts = [len(each) for each in pieces]
        first = numpy.cumsum([0, *counts[:-1]])
        shared = None if dense is None else numpy.repeat(dense, counts, axis=0)
        sparse = self.features.transform([piece for each in pieces for piece in each])
        features = _beside(sparse, shared)
        known = features.getnnz(axis=1)[first] > 0
        margins = self.classifier.decision_function(features)
        chances = softmax(margins[first] * self.sharpness * known[:, None], axis=1) * (1 - OF_THE_NEAREST)
        chances += self.nearest.chances(sparse[first]) * OF_THE_NEAREST
        clearest = numpy.maximum.reduceat(margins, first, axis=0)
        names = self.names
        return [
            Meaning(
                [(names[i], float(row[i])) for i in numpy.argsort(-row, kind="stable")],
                [names[i] for i in numpy.argsort(-best) if best[i] >= MEANT_TOO],
            )
            for row, best in zip(chances, clearest, strict=True)
        ]

    @property
    def names(self) -> list[str]:
        """The intents, in the classifier's order."""
        return [str(name) for name in self.classifier.classes_]

    def _learn(self, texts: Array, intents: Array, dense: Dense | None) -> None:
        sparse = self.features.fit_transform(texts)
        self.classifier.fit(_beside(sparse, dense), intents)
        self.nearest = Nearest(sparse, intents)
        self.classifier.coef_ = self.classifier.coef_.astype(numpy.float32)


def _beside(sparse: csr_matrix, dense: Dense | None) -> csr_matrix:
    if dense is None:
        return sparse
    return hstack([sparse, csr_matrix(normalize(dense))], format="csr", dtype=numpy.float32)
