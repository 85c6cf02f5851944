"""Calls that leave the process: bounded in time and size, led nowhere else."""
