import logging


def get_module_logger(module_name, level=logging.INFO, outfile=None):
    logger = logging.getLogger(module_name)
    logger.setLevel(logging.INFO if level is None else level)
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())
    return logger
