"""Finds the fitted model behind a learnware's class and writes it in forms that are data.

Runs inside the fence, beside the model. What it writes is only offered: whoever asked evaluates each form and keeps one
that answers as the model itself does.
"""
DEPTH_MAX = 3
MODELS_MAX = 8
FORMS_MAX = 12
NOTE_CHARS_MAX = 300


def fitted_models(model):
    """Objects with `predict` that the model holds, nearest first."""
    seen, found, waiting = {id(model)}, [], [(model, 0)]
    while waiting and len(found) < MODELS_MAX:
        item, depth = waiting.pop(0)
        if depth and callable(getattr(item, "predict", None)):
            found.append(item)
        if depth >= DEPTH_MAX:
            continue
        if isinstance(item, dict):
            children = list(item.values())
        elif isinstance(item, (list, tuple)):
            children = list(item)[:100]
        else:
            children = list(getattr(item, "__dict__", {}).values())
        for child in children:
            if id(child) not in seen and not isinstance(child, (str, bytes, int, float, type(None))):
                seen.add(id(child))
                waiting.append((child, depth + 1))
    return found


def library_of(item):
    return type(item).__module__.split(".")[0]


def booster_of(item, names):
    for name in names:
        part = getattr(item, name, None)
        if part is not None:
            return part() if callable(part) else part
    return item


def only(onnx_model, wanted):
    """The model with one of its outputs; `wanted` says which by its name."""
    outputs = onnx_model.graph.output
    for output in list(outputs):
        if len(outputs) > 1 and wanted not in output.name.lower():
            outputs.remove(output)
    return onnx_model.SerializeToString()


def onnx_forms(item, rows, numpy):
    """Scikit-learn, and pipelines of it: in double precision where that works, else in single."""
    from skl2onnx import to_onnx

    options = {id(item): {"zipmap": False}} if hasattr(item, "predict_proba") else None
    for kind in (numpy.float64, numpy.float32):
        written = to_onnx(item, rows[:1].astype(kind), options=options)
        text = written.SerializeToString()
        if len(written.graph.output) == 1:
            yield "onnx", text
            continue
        for wanted in ("label", "proba"):
            again = type(written)()
            again.ParseFromString(text)
            yield "onnx", only(again, wanted)


def lightgbm_forms(item, rows, numpy):
    yield "lightgbm", booster_of(item, ["booster_"]).model_to_string().encode("utf-8")
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("X", FloatTensorType([None, rows.shape[1]]))]
    written = convert_lightgbm(item, initial_types=types, zipmap=False)
    yield "onnx", only(written, "label")


def xgboost_forms(item, rows, numpy):
    yield "xgboost", bytes(booster_of(item, ["get_booster"]).save_raw("json"))


WRITERS = {"sklearn": onnx_forms, "lightgbm": lightgbm_forms, "xgboost": xgboost_forms}


def convert(model, rows, bytes_max, numpy):
    """Forms of the model as (format, bytes), and notes about what could not be written."""
    forms, notes, size = [], [], 0
    models = [item for item in fitted_models(model) if library_of(item) in WRITERS]
    if not models:
        notes.append("no fitted model of scikit-learn, LightGBM or XGBoost was found in its attributes")
    for item in models:
        name = "%s.%s" % (library_of(item), type(item).__name__)
        try:
            for kind, content in WRITERS[library_of(item)](item, rows, numpy):
                size += len(content)
                if len(forms) >= FORMS_MAX or size > bytes_max:
                    notes.append("%s: more than is taken" % name)
                    return forms, notes
                forms.append((kind, content))
        except Exception as error:  # the libraries raise whatever they like
            notes.append(("%s: %s: %s" % (name, type(error).__name__, error))[:NOTE_CHARS_MAX])
    return forms, notes


def answer_to(model, header, rows, numpy):
    forms, notes = convert(model, rows, header["bytes_max"], numpy)
    described = [{"format": kind, "bytes": len(content)} for kind, content in forms]
    return {"ok": True, "forms": described, "notes": notes[:20]}, b"".join(content for _, content in forms)
