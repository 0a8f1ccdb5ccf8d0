"""Code loaded into the target's own interpreter: standard library only, imports nothing of the outside."""
