"""The shared library of imagebus: event contracts, ports and their AWS adapters."""

__version__ = "0.1.0"
