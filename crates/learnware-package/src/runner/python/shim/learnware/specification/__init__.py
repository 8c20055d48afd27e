"""Specifications as plain holders of what their JSON file says; they compute nothing."""
import json


class BaseStatSpecification:
    def __init__(self, type=None, **kwargs):
        self.type = type or self.__class__.__name__
        self.__dict__.update(kwargs)

    def load(self, filepath):
        with open(filepath, encoding="utf-8") as file:
            self.__dict__.update(json.load(file))
        return True

    def save(self, filepath):
        with open(filepath, "w", encoding="utf-8") as file:
            json.dump(self.get_states(), file)

    def get_states(self):
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_")}

    def get_z(self):
        import numpy

        return numpy.asarray(self.z)

    def get_beta(self):
        import numpy

        return numpy.asarray(self.beta)


class RegularStatSpecification(BaseStatSpecification):
    pass


class RKMETableSpecification(RegularStatSpecification):
    pass


class RKMEStatSpecification(RKMETableSpecification):
    pass


class RKMEImageSpecification(RegularStatSpecification):
    pass


class RKMETextSpecification(RegularStatSpecification):
    pass


class HeteroMapTableSpecification(BaseStatSpecification):
    pass


class Specification:
    def __init__(self, semantic_spec=None, stat_spec=None):
        self.semantic_spec = semantic_spec
        self.stat_spec = stat_spec or {}
