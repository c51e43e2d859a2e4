# The image has everything we need.
true
