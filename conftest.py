"""For every test: the packages are known before pytest meets the folders of the same name."""

import chassis  # noqa: F401
import contracts  # noqa: F401
