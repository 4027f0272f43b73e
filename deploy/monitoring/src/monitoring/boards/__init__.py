"""The dashboards, in order: the queries to Prometheus and the words of each, without details of their look."""

from monitoring.boards import morning, pipeline, promises, understanding, unit

BOARDS = (morning.BOARD, unit.BOARD, pipeline.BOARD, promises.BOARD, understanding.BOARD)
