"""Everything that needs numpy, pyarrow, XGBoost or scikit-learn: reading files, fitting, judging."""
