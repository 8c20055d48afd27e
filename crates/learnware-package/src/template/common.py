import os

import numpy as np

from learnware.model import BaseModel


def as_columns(answer, width):
    """One row per example; a probability of the second of two classes becomes two columns."""
    answer = np.asarray(answer, dtype=np.float64)
    if answer.ndim == 1 and width == 2:
        return np.column_stack([1.0 - answer, answer])
    return answer.reshape(len(answer), -1)


def beside(file_name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), file_name)


