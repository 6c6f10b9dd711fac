"""Hostile files, made by code: every class of bad upload that is known to hurt an image service."""
