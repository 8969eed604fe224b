"""A model applied to tables of any size: which files, piece by piece, through the model, into one that is whole."""
