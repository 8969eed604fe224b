"""A loaded version that answers requests: inputs checked by its schema, the method called, outputs encoded."""
