import logging


class _Config(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name)


C = _Config(
    root_path="/tmp",
    cache_path="/tmp",
    stdout_path="/tmp",
    logging_level=logging.INFO,
    logging_outfile=None,
    random_seed=0,
    max_reduced_set_size=1310720,
)
