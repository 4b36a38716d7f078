"""Rules on rows and tables: declared as Great Expectations suites, evaluated in one aggregate.

``suites.load_suite`` reads a suite, and ``builtin`` adds the library's rules. ``row_flags.flag``
compiles the row rules, once per batch; ``evaluate.evaluate`` decides from the flags whether the
batch may be written, and ``row_flags.split`` separates accepted and rejected rows.
"""
