"""`scripts/bench [ears | night]`."""

from __future__ import annotations

import sys

from scripts.benchmarks import night, pipeline

COMMANDS = {"_ready": pipeline.ready, "_replay": pipeline.replay_call}


def main() -> int:
    """Run the measurement that was asked for."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in COMMANDS:
        COMMANDS[name]()
    elif name == "night":
        night.main(sys.argv[2:])
    elif name == "ears":
        from scripts.benchmarks.ears.report import main as ears  # needs what only training needs

        return ears(sys.argv[2:])
    elif name == "":
        pipeline.main()
    else:
        print(f"charley: no measurement {name!r}; there are: scripts/bench [ears | night]", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
