class Learnware:
    def __init__(self, id, model, specification, learnware_dirpath):
        self.id = id
        self.model = model
        self.specification = specification
        self.learnware_dirpath = learnware_dirpath
