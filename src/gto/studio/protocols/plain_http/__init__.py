"""Archives and files of versions at addresses that one can guess, for curl, KServe and whatever speaks HTTP."""
