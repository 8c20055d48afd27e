class BaseModel:
    """Base of models; `input_shape` and `output_shape` are those of one example."""

    def __init__(self, input_shape=None, output_shape=None):
        self.input_shape = input_shape
        self.output_shape = output_shape

    def predict(self, X):
        raise NotImplementedError("predict")

    def fit(self, X, y):
        raise NotImplementedError("fit")

    def finetune(self, X, y):
        raise NotImplementedError("finetune")
