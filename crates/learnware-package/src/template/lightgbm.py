import lightgbm


class Model(BaseModel):
    """The same model as `model.file_name` of learnware.yaml, for programs that run Python learnwares."""

    def __init__(self, file_name, input_width, output_width):
        super().__init__(input_shape=(input_width,), output_shape=(output_width,))
        self.model = lightgbm.Booster(model_file=beside(file_name))

    def predict(self, X):
        return as_columns(self.model.predict(np.asarray(X)), self.output_shape[0])
