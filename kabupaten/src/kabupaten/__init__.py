"""Reads the folder of a kabupaten, for every service the same way."""

from kabupaten.load import Part, Region, load
from kabupaten.problems import Problem, RegionError

__all__ = ["Part", "Problem", "Region", "RegionError", "load"]
