"""The intent model itself: n-grams of characters and tokens into a linear classifier. Knows nothing of Rasa."""

from typing import Dict, List, Sequence

import numpy
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from dialogue.tokens import cut


def token_texts(text: str) -> List[str]:
    """Return a message's tokens, lower-case."""
    return [piece.text for piece in cut(text)]


def squeezed(text: str) -> str:
    """Return the tokens of a message with single spaces, so that spacing and case do not matter to character n-grams."""
    return " ".join(token_texts(text))


class IntentModel:
    """Token 1-3-grams and character 1-4-grams, weighted by TF-IDF, into multinomial logistic regression.

    Its confidences are probabilities over all intents. Training is repeatable: no randomness is involved.
    """

    def __init__(self, strength: float = 20.0) -> None:
        self.words = TfidfVectorizer(analyzer="word", tokenizer=token_texts, token_pattern=None, lowercase=False,
                                     ngram_range=(1, 3), sublinear_tf=True)
        self.characters = TfidfVectorizer(analyzer="char_wb", preprocessor=squeezed, ngram_range=(1, 5),
                                          sublinear_tf=True, min_df=2)
        self.classifier = LogisticRegression(C=strength, max_iter=200, tol=1e-3)

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learn from labelled texts."""
        features = hstack([self.words.fit_transform(texts), self.characters.fit_transform(texts)]).tocsr()
        self.classifier.fit(features, intents)

    def rank(self, text: str) -> Dict[str, float]:
        """Return every intent with its probability, likeliest first. A text with nothing known in it is uncertain."""
        features: csr_matrix = hstack([self.words.transform([text]), self.characters.transform([text])]).tocsr()
        chances = self.classifier.predict_proba(features)[0]
        order = numpy.argsort(-chances)
        return {str(self.classifier.classes_[i]): float(chances[i]) for i in order}
