"""Whose order it is: a customer written, updated, and the check of the CEP."""
