"""CareOps: one back office for a care business."""

__version__ = "1.0"
