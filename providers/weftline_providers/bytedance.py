"""ByteDance: BytePlus ModelArk abroad, Volcengine Ark in China. Keys are of one region.

Sources: volcengine-ark-runtime 5.0.54 and byteplus-python-sdk-v2 3.0.63 (Python SDKs).
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.hosts import Host

HOST = Host(
    name="bytedance",
    speaks=(ChatCompletionsBack(manners=Manners(max_tokens="max_completion_tokens")), EMBEDDINGS),
    base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    key_env="ARK_API_KEY",
    regions={
        "ap-southeast": "https://ark.ap-southeast.bytepluses.com/api/v3",
        "cn-beijing": "https://ark.cn-beijing.volces.com/api/v3",
    },
)
