import importlib.util
import json
import os
import random


def read_yaml_to_dict(yaml_path):
    import yaml

    with open(yaml_path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def save_dict_to_yaml(dict_value, save_path):
    import yaml

    with open(save_path, "w", encoding="utf-8") as file:
        yaml.safe_dump(dict_value, file, allow_unicode=True)


def is_torch_available(verbose=False):
    return importlib.util.find_spec("torch") is not None


def choose_device(cuda_idx=-1):
    import torch

    return torch.device("cpu")


def allocate_cuda_idx():
    return -1


def setup_seed(seed):
    random.seed(seed)
    import numpy

    numpy.random.seed(seed)


def get_module_by_module_path(module_path):
    import importlib

    if not module_path.endswith(".py"):
        return importlib.import_module(module_path)
    name = "".join(c for c in os.path.splitext(module_path)[0] if c.isalnum() or c == "_")
    spec = importlib.util.spec_from_file_location(name, module_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
