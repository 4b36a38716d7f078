"""Rules on rows and tables: declared as Great Expectations suites, evaluated in one aggregate.

``suites.load_suite`` reads a suite and ``builtin`` adds to it. ``row_flags.flag`` compiles its row
rules, once for a batch; ``evaluate.evaluate`` says of the flags whether the batch may be written,
``row_flags.split`` parts its rows.
"""
