"""What the three intakes share: taking a complaint, telling its story, informing its citizen."""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
