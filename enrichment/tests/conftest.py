"""The worker's bench, for every test of this folder that asks for it."""

from enrichment.tests.pipeline_bench import bench

__all__ = ["bench"]
