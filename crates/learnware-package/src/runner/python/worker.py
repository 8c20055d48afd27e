"""Runs one stranger's model inside the fence and answers framed messages on what were stdin and stdout.

Needs numpy only; runs on Python 3.6 and later. A frame is: b"LWF1", header length (u32), payload length
(u64), a JSON header, raw payload; all little endian. Nothing is pickled. Standard output is turned over to
standard error before the model is loaded, so prints cannot reach the frames.
"""
import importlib
import importlib.util
import json
import os
import struct
import sys
import traceback

HEADER_BYTES_MAX = 1 << 20
MESSAGE_CHARS_MAX = 4000


def take_over_pipes():
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


def receive(stream):
    magic, header_length, payload_length = struct.unpack("<4sIQ", read_exactly(stream, 16))
    if magic != b"LWF1" or header_length > HEADER_BYTES_MAX:
        raise EOFError
    header = json.loads(read_exactly(stream, header_length).decode("utf-8"))
    return header, read_exactly(stream, payload_length)


def send(stream, header, payload=b""):
    text = json.dumps(header).encode("utf-8")
    stream.write(struct.pack("<4sIQ", b"LWF1", len(text), len(payload)) + text)
    stream.write(payload)
    stream.flush()


def value_of(data):
    """Python value of what the manifest says; an object has one key that names its kind."""
    if not isinstance(data, dict):
        return data
    (kind, content), = data.items()
    if kind == "float":
        return float(content)
    if kind == "map":
        return {value_of(key): value_of(value) for key, value in content}
    return {"list": list, "tuple": tuple}[kind](value_of(item) for item in content)


def limit_resources(limits):
    """Limits that the launcher could not set; hard, so the model cannot raise them."""
    import resource

    for name, value in limits.items():
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))


def load_model(folder, declared):
    path = declared["module_path"]
    if path.endswith(".py"):
        # Like the reference: the file is a package of its own, so relative imports work.
        place = os.path.join(folder, path)
        spec = importlib.util.spec_from_file_location("learnware_package_module", place)
        module = importlib.util.module_from_spec(spec)
        sys.modules["learnware_package_module"] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(path)
    model_class = getattr(module, declared["class_name"])
    # Pickles made in a script look for the class in __main__.
    setattr(sys.modules["__main__"], declared["class_name"], model_class)
    return model_class(**value_of(declared["kwargs"]))


def shape_of(model, name):
    shape = getattr(model, name, None)
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    try:
        return [int(size) for size in shape]
    except (TypeError, ValueError):
        return None


def batch_of(header, payload, numpy):
    if header["kind"] == "text":
        return json.loads(payload.decode("utf-8"))
    return numpy.frombuffer(payload, dtype="<f8").reshape(header["shape"]).copy()


def array_of(answer, numpy):
    """A numpy array of floats from arrays, lists, tensors of any library, and data frames."""
    if hasattr(answer, "detach"):
        answer = answer.detach()
    if hasattr(answer, "cpu") and callable(answer.cpu):
        answer = answer.cpu()
    for name in ("to_numpy", "numpy"):
        if not isinstance(answer, numpy.ndarray) and callable(getattr(answer, name, None)):
            answer = getattr(answer, name)()
    array = numpy.asarray(answer)
    if array.dtype.kind == "O":
        array = numpy.asarray([array_of(item, numpy) for item in array])
    if array.dtype.kind not in "biuf":
        raise TypeError("the answer has elements of type %s; numbers are needed" % array.dtype)
    return numpy.ascontiguousarray(array, dtype="<f8")


def finetune(model, header, payload, numpy):
    method = getattr(model, "finetune", None)
    if not callable(method):
        return {"ok": True, "trained": False}, b""
    data, labels = payload[:header["data_bytes"]], payload[header["data_bytes"]:]
    labels = numpy.frombuffer(labels, dtype="<f8").astype("int64" if header["classes"] else "float64")
    try:
        method(batch_of(header["data"], data, numpy), labels)
    except NotImplementedError:  # the base class of the reference
        return {"ok": True, "trained": False}, b""
    return {"ok": True, "trained": True}, b""


def texts_of(answer):
    texts = [answer] if isinstance(answer, str) else list(answer)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError("an answer is of type %s; texts are needed" % type(text).__name__)
    return texts


def answer_to(model, header, payload, numpy):
    if header["kind"] == "finetune":
        return finetune(model, header, payload, numpy)
    if header.get("answers") == "texts":
        # Lone surrogates, which no other program reads, are replaced.
        texts = [text.encode("utf-8", "replace").decode("utf-8")
                 for text in texts_of(model.predict(batch_of(header, payload, numpy)))]
        return {"ok": True}, json.dumps(texts).encode("utf-8")
    if header["kind"] == "convert":
        place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "converter.py")
        spec = importlib.util.spec_from_file_location("learnware_converter", place)
        converter = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(converter)
        rows = numpy.frombuffer(payload, dtype="<f8").reshape(header["shape"]).copy()
        return converter.answer_to(model, header, rows, numpy)
    result = array_of(model.predict(batch_of(header, payload, numpy)), numpy)
    return {"ok": True, "shape": list(result.shape)}, result.tobytes()


def failure(error):
    return {
        "ok": False,
        "error": ("%s: %s" % (type(error).__name__, error))[:MESSAGE_CHARS_MAX],
        "trace": traceback.format_exc()[-MESSAGE_CHARS_MAX:],
    }


def main():
    requests, answers = take_over_pipes()
    folder, shim = sys.argv[1], sys.argv[2]
    header, _ = receive(requests)
    limit_resources(header["limits"])
    try:
        import numpy

        if importlib.util.find_spec("learnware") is None:
            sys.path.append(shim)
        model = load_model(folder, header)
        send(answers, {"ok": True, "input_shape": shape_of(model, "input_shape"),
                       "output_shape": shape_of(model, "output_shape")})
    except BaseException as error:  # SystemExit as well: it is the model's failure, not ours
        traceback.print_exc()
        send(answers, failure(error))
        return
    while True:
        try:
            header, payload = receive(requests)
        except EOFError:
            return
        try:
            reply, data = answer_to(model, header, payload, numpy)
        except BaseException as error:
            traceback.print_exc()
            reply, data = failure(error), b""
        send(answers, reply, data)


main()
