"""How a model is built, taught by labelled complaints, and measured."""
