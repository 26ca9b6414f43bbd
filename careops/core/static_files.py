"""Static files of a release: named by their content, compressed, kept by browsers for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ReleasedFiles(CompressedManifestStaticFilesStorage):
    """Also what one JavaScript module imports from another: else a new page could run with an old module."""

    support_js_module_import_aggregation = True
