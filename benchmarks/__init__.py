"""Measurements, as ratios within one run. They are looked at by people; no test depends on them."""
