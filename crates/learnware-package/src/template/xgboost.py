import xgboost


class Model(BaseModel):
    """The same model as `model.file_name` of learnware.yaml, for programs that run Python learnwares."""

    def __init__(self, file_name, input_width, output_width):
        super().__init__(input_shape=(input_width,), output_shape=(output_width,))
        self.model = xgboost.Booster()
        self.model.load_model(beside(file_name))

    def predict(self, X):
        rows = xgboost.DMatrix(np.asarray(X), feature_names=self.model.feature_names)
        return as_columns(self.model.predict(rows), self.output_shape[0])
