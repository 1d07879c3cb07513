"""Google's Gemini API for developers (with a key; for a cloud project see `vertex`).

Sources: google-genai 3.4.0 (Python SDK), recorded traffic.
"""

from weftline_core.dialects.embed_content.back import BACK as EMBED_CONTENT
from weftline_core.dialects.generate.back import BACK as GENERATE
from weftline_core.hosts import Host

HOST = Host(
    name="google",
    speaks=(GENERATE, EMBED_CONTENT),
    base_url="https://generativelanguage.googleapis.com/v1beta",
    key_env="GEMINI_API_KEY",
    auth="x-goog-api-key",
    counts=frozenset({"generate"}),
)
