"""Gemini's generateContent, as clients speak it and as hosts do."""
