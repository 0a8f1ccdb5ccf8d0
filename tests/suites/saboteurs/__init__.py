"""Good releases with one promise broken: the suites have to go red on that promise and on no other."""
