"""The intent model itself: n-grams and concepts into a linear classifier. Knows nothing of Rasa."""

from collections.abc import Callable, Mapping, Sequence

import numpy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC

from dialogue.clauses import clauses
from dialogue.concepts import Concepts, words
from dialogue.tokens import cut

CALIBRATION_FOLDS = 3
SHARPNESS_BOUNDS = (0.5, 50.0)
MEANT_TOO = -0.2


def spaced(text: str) -> str:
    """Return the tokens of a message with single spaces, so that spacing does not matter to character n-grams."""
    return " ".join(piece.text for piece in cut(text))


def grams(analyse: Callable[[str], list[str]], longest: int) -> TfidfVectorizer:
    """Return TF-IDF over 1-grams up to `longest`-grams of what `analyse` makes of a message."""
    return TfidfVectorizer(
        tokenizer=analyse, token_pattern=None, lowercase=False, ngram_range=(1, longest), sublinear_tf=True
    )


class IntentModel:
    """Words, characters and concepts of a message, weighted by TF-IDF, into one linear SVM for each intent.

    The SVMs' margins become probabilities by a softmax, whose sharpness is fitted to margins found by
    cross-validation (temperature scaling: Guo et al. 2017, "On calibration of modern neural networks").
    Training is repeatable: the same examples in the same order give the same model.
    """

    def __init__(self, concepts: Mapping[str, Sequence[str]], strength: float = 1.0) -> None:
        found = Concepts(concepts)
        characters = TfidfVectorizer(
            analyzer="char_wb", preprocessor=spaced, ngram_range=(2, 5), sublinear_tf=True, min_df=2
        )
        self.features = FeatureUnion(
            [
                ("words", grams(words, 2)),
                ("characters", characters),
                ("abstract", grams(found.abstract, 3)),
                ("together", grams(found.together, 1)),
            ],
            transformer_weights={"words": 0.7, "together": 0.5},
        )
        self.classifier = LinearSVC(C=strength, tol=0.01, random_state=0)
        self.sharpness = 1.0

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learn from labelled texts; there must be at least three of each intent."""
        margins = cross_val_predict(
            make_pipeline(self.features, self.classifier),
            texts,
            intents,
            cv=StratifiedKFold(CALIBRATION_FOLDS),
            method="decision_function",
        )
        true = (numpy.arange(len(intents)), numpy.unique(intents, return_inverse=True)[1])

        def surprise(sharpness: float) -> float:
            return float(-log_softmax(margins * sharpness, axis=1)[true].mean())

        self.sharpness = float(minimize_scalar(surprise, bounds=SHARPNESS_BOUNDS, method="bounded").x)
        self.classifier.fit(self.features.fit_transform(texts), intents)

    def rank(self, text: str) -> dict[str, float]:
        """Return every intent with its probability, likeliest first; all alike for a text with nothing known in it."""
        return dict(self.rank_all([text])[0])

    def rank_all(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """Return, for each text, every intent with its probability, likeliest first."""
        features = self.features.transform(texts)
        known = features.getnnz(axis=1) > 0
        chances = softmax(
            self.classifier.decision_function(features) * self.sharpness * known[:, None], axis=1
        )
        return [
            [(self.names[i], float(row[i])) for i in numpy.argsort(-row, kind="stable")] for row in chances
        ]

    def also(self, text: str) -> list[str]:
        """Return the intents that the message or one of its clauses carries on its own account, the clearest first.

        Each SVM knows one intent from all others, so several may say yes: "lost my job, can I get two months?"
        """
        margins = self.classifier.decision_function(self.features.transform([text, *clauses(text)])).max(
            axis=0
        )
        return [self.names[i] for i in numpy.argsort(-margins) if margins[i] >= MEANT_TOO]

    @property
    def names(self) -> list[str]:
        """The intents, in the classifier's order."""
        return [str(name) for name in self.classifier.classes_]
