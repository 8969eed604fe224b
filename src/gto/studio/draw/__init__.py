"""Figures that the server draws as SVG, without a style attribute: geometry stands in SVG's own attributes."""
