"""The door of the command line, ``python -m engine``: see `command_line`.

Nothing imports this file, so that the library stays free of what only a terminal needs.
"""

from command_line.commands import commands

if __name__ == "__main__":
    commands(prog_name="python -m engine")
