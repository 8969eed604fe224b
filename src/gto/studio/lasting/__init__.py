"""What Studio keeps that Git does not hold and nobody may lose, although the index is disposable."""
