"""The command line, ``python -m engine``: what the library and the pages do, without a browser.

Results go to standard output, progress and repairs to standard error. The status is 0 where all
went well, 2 where an argument is wrong, and 1 where something else stood in the way.
"""
