import onnxruntime


class Model(BaseModel):
    """The same model as `model.file_name` of learnware.yaml, for programs that run Python learnwares."""

    def __init__(self, file_name, input_width, output_width, input_shape=None):
        # Images have channels, height and width.
        super().__init__(input_shape=tuple(input_shape or [input_width]), output_shape=(output_width,))
        self.model = onnxruntime.InferenceSession(beside(file_name), providers=["CPUExecutionProvider"])

    def predict(self, X):
        source = self.model.get_inputs()[0]
        kind = np.float64 if source.type == "tensor(double)" else np.float32
        # Classifiers give labels first and probabilities second.
        answer = self.model.run(None, {source.name: np.asarray(X, dtype=kind)})[-1]
        if len(answer) and isinstance(answer[0], dict):
            answer = [list(row.values()) for row in answer]
        return as_columns(answer, self.output_shape[0])
