"""The console script: composes the layers; the only room that may import them all."""
