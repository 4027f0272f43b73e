"""The dashboards: what each shows, to whom, in which order. Only what is asked of Prometheus, and how it is said."""

from monitoring.boards import morning, pipeline, promises, understanding, unit

BOARDS = (morning.BOARD, unit.BOARD, pipeline.BOARD, promises.BOARD, understanding.BOARD)
