"""Exports scikit-learn's digits and runs the reuse example on a split: python run.py SPLIT.json

The split (shared/baseline/golden/digits_split.json) says which rows are source tasks and users.
The digits are the UCI "Optical Recognition of Handwritten Digits" test set (CC BY 4.0) as bundled
with scikit-learn; they are exported at run time and not kept.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.datasets import load_digits

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    digits = load_digits()
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "digits.csv"
        np.savetxt(table, np.c_[digits.data / 16.0, digits.target], delimiter=",", fmt="%.10g")
        command = ["cargo", "run", "--quiet", "--package", "learnware-engine", "--example", "reuse_digits", "--"]
        split = str(pathlib.Path(sys.argv[1]).resolve())
        return subprocess.run([*command, str(table), split], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
