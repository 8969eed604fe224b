"""DVC's plots of versions, as pages."""
