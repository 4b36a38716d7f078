"""Rules on rows and tables: declared as Great Expectations suites, judged in one aggregate.

``suites.load_suite`` reads a suite, ``quarantine.flag`` names the rules that each row fails,
``verdicts.row_verdict`` says whether the batch may be written, ``quarantine.split`` parts the rows.
"""
