"""Measures Boon against the floor of its own database, by ratios of one interleaved run (docs/performance.md)."""
