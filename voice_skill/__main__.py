"""`python -m voice_skill` is `voice-skill`."""

from __future__ import annotations

import sys

from voice_skill.cli import main

sys.exit(main())
