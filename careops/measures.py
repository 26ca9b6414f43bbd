"""The apps' own numbers at ``/metrics``: functions that yield metrics, read from the tables at each scrape."""

MEASURES: tuple[str, ...] = ("integrations.pms.measures.keys",)
