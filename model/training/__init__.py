"""Everything that needs numpy, pyarrow, XGBoost or scikit-learn: reading files, fitting, judging."""

import os

# Threads that wait for each other by spinning starve whatever else runs: on two shared CPUs fitting took four times as
# long. OpenMP reads this when XGBoost is first imported, so it stands before all imports of this package.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
