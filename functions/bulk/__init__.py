"""Files dropped under batch/in/ are scored row by row, as POST /score would; batch/out/ has the results."""
