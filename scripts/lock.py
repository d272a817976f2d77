"""Write the exact versions that today's indexes give for requirements.txt and requirements-dev.txt.

Standard library only, since it must work when no environment can be set up any more.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
HEADER = f"# Exact versions, written by `make lock` with Python {OLDEST[0]}.{OLDEST[1]}.\n"


def resolve(python: Path, report: Path, *arguments: str) -> dict[str, str]:
    """Return name -> version of all that pip would install into an empty environment.

    Raises
    ------
    subprocess.CalledProcessError
        When pip finds no set of versions, or reaches no index.
    """
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    dry_run = ["--dry-run", "--ignore-installed", "--report", str(report)]
    subprocess.run([*pip, *dry_run, *arguments], check=True, cwd=ROOT)
    found = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return {item["name"]: item["version"] for item in found}


def pins(versions: dict[str, str]) -> str:
    """Return one `name==version` a line, sorted without regard to case."""
    names = sorted(versions, key=str.lower)
    return "".join(f"{name}=={versions[name]}\n" for name in names)


def main() -> None:
    """Resolve both files, then write both locks: a failure leaves the old ones as they were."""
    if sys.version_info[:2] != OLDEST:
        # Newer Pythons would be given versions that the oldest supported one cannot install.
        sys.exit("make lock needs Python 3.11, the oldest supported: PYTHON=python3.11 make lock")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder / "venv", with_pip=True)
        python, report = folder / "venv" / "bin" / "python", folder / "report.json"
        run = resolve(python, report, "-r", "requirements.txt")
        constraints = folder / "constraints.txt"
        constraints.write_text(pins(run))
        both = resolve(python, report, "-r", "requirements-dev.txt", "-c", str(constraints))
    only_dev = {name: version for name, version in both.items() if name not in run}
    (ROOT / "requirements.lock").write_text(HEADER + pins(run))
    (ROOT / "requirements-dev.lock").write_text(HEADER + "-r requirements.lock\n" + pins(only_dev))


if __name__ == "__main__":
    main()
