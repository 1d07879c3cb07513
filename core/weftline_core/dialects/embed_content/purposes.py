"""What embeddings are for, in Google's words and ours."""

from typing import Final

from weftline_core.embeddings import Purpose

UNSPECIFIED: Final = "TASK_TYPE_UNSPECIFIED"
TASK_TYPES: Final[dict[Purpose, str]] = {
    "document": "RETRIEVAL_DOCUMENT",
    "query": "RETRIEVAL_QUERY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "similarity": "SEMANTIC_SIMILARITY",
}
PURPOSES: Final[dict[str, Purpose]] = {
    **{task: purpose for purpose, task in TASK_TYPES.items()},
    # The asking side of a search, each of its own kind.
    "QUESTION_ANSWERING": "query",
    "FACT_VERIFICATION": "query",
    "CODE_RETRIEVAL_QUERY": "query",
}
