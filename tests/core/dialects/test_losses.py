"""The table of losses: what no dialect takes from another, and that no loss is chance."""

from collections import defaultdict
from importlib import import_module

import pytest

from weftline_core.chat.features import Feature
from weftline_core.dialects import losses
from weftline_core.dialects.dialect import Back
from weftline_core.dialects.losses import DROP, REFUSE, Loss, Losses

TABLES: dict[str, Losses] = {
    name: table
    for name, table in vars(losses).items()
    if name[0].isupper() and name.isupper() and isinstance(table, dict)
}
CHATS = {
    "CHAT": "chat",
    "RESPONSES": "responses",
    "MESSAGES": "messages",
    "GENERATE": "generate",
    "CONVERSE": "converse",
    "COHERE": "cohere_chat",
    "WORKERS_AI": "workers_ai",
}
EMBEDS = {
    "EMBEDDINGS": "embeddings",
    "EMBED_CONTENT": "embed_content",
    "COHERE_EMBED": "cohere_embed",
    "WORKERS_AI_EMBED": "workers_ai_embed",
}
# Dialects that one provider alone speaks, in its own module.
AT_HOME = {"OPENAI_CHAT", "COG"}

# An answer without these is a wrong one: fewer answers, words where sound was asked for, a tool
# that was never told of, a model that has not seen what it is asked about.
NEVER_DROPPED = {
    Feature.STOP,
    Feature.CHOICES,
    Feature.JSON_SCHEMA,
    Feature.AUDIO_OUT,
    Feature.IMAGE_OUT,
    Feature.IMAGE,
    Feature.IMAGE_URL,
    Feature.AUDIO,
    Feature.VIDEO,
    Feature.FILE,
    Feature.FILE_URL,
    Feature.FILE_ID,
    Feature.FOREIGN_PART,
    Feature.LATE_SYSTEM,
    Feature.PREFILL,
    Feature.TOOLS,
    Feature.TOOL_CHOICE,
    Feature.TOOL_FREE_TEXT,
    Feature.TOOL_RESULT_MEDIA,
    Feature.HOSTED_TOOL,
    Feature.TOKENS,
    Feature.DIMENSIONS,
}

# How the answer is found, kept or paid for, not what it says; and hints that a model may not heed.
NEVER_REFUSED = {
    Feature.TEMPERATURE,
    Feature.TOP_P,
    Feature.TOP_K,
    Feature.SEED,
    Feature.FREQUENCY_PENALTY,
    Feature.PRESENCE_PENALTY,
    Feature.LOGIT_BIAS,
    Feature.LOGPROBS,
    Feature.VERBOSITY,
    Feature.PREDICTION,
    Feature.REASONING_EFFORT,
    Feature.REASONING_BUDGET,
    Feature.REASONING_SHOWN,
    Feature.REASONING_REPLAY,
    Feature.IMAGE_DETAIL,
    Feature.SPEAKER,
    Feature.CACHE_HINT,
    Feature.CACHE_KEY,
    Feature.USER_ID,
    Feature.METADATA,
    Feature.SERVICE_TIER,
    Feature.STORE,
    Feature.SAFETY,
    Feature.PURPOSE,
    Feature.TITLE,
    Feature.UNKNOWN,
}


def test_every_table_is_somebodys() -> None:
    # OpenAI's own takes more of its dialect than those who imitate it.
    assert set(TABLES) == set(CHATS) | set(EMBEDS) | AT_HOME
    more = losses.CHAT.keys() - losses.OPENAI_CHAT.keys()
    assert more == {Feature.TOOL_FREE_TEXT}
    assert losses.OPENAI_CHAT.items() <= losses.CHAT.items()


@pytest.mark.parametrize(("table", "package"), (CHATS | EMBEDS).items())
def test_a_back_has_its_own_table(table: str, package: str) -> None:
    back: Back = import_module(f"weftline_core.dialects.{package}.back").BACK
    assert back.losses is TABLES[table]


@pytest.mark.parametrize("table", TABLES)
def test_what_only_its_home_understands_never_goes_abroad(table: str) -> None:
    for feature in (Feature.FILE_ID, Feature.FOREIGN_PART, Feature.HOSTED_TOOL):
        assert TABLES[table][feature] is REFUSE
    for feature in (Feature.UNKNOWN, Feature.STORE, Feature.SAFETY):
        assert TABLES[table][feature] is DROP


@pytest.mark.parametrize("table", TABLES)
def test_what_makes_an_answer_wrong_is_refused_and_what_colours_it_is_dropped(table: str) -> None:
    for feature, loss in TABLES[table].items():
        assert isinstance(loss, Loss)
        if feature in NEVER_DROPPED:
            assert loss is REFUSE, feature
        if feature in NEVER_REFUSED:
            assert loss is DROP, feature


def test_a_loss_means_the_same_everywhere() -> None:
    seen: dict[Feature, set[Loss]] = defaultdict(set)
    for table in TABLES.values():
        for feature, loss in table.items():
            seen[feature].add(loss)
    assert {feature for feature, found in seen.items() if len(found) > 1} == set()


def test_every_feature_is_carried_somewhere_or_stays_at_home() -> None:
    home = {feature for feature in Feature if all(feature in TABLES[name] for name in CHATS)}
    assert home == {
        Feature.UNKNOWN,
        Feature.FOREIGN_PART,
        Feature.FILE_ID,
        Feature.HOSTED_TOOL,
        Feature.STORE,
        Feature.SAFETY,
        # OpenAI alone has these; within its own dialect they are passed on.
        Feature.PREDICTION,
        Feature.AUDIO_OUT,
    }


@pytest.mark.parametrize("table", CHATS)
def test_what_every_conversation_needs_is_carried_by_all(table: str) -> None:
    needed = {Feature.TEMPERATURE, Feature.TOP_P, Feature.TOOLS, Feature.TOOL_CHOICE, Feature.IMAGE}
    assert (needed | {Feature.LATE_SYSTEM}).isdisjoint(TABLES[table])


def test_a_loss_says_what_a_client_is_told() -> None:
    assert [loss.value for loss in Loss] == ["dropped", "refused"]
