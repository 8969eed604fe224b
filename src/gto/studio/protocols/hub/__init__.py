"""The Hub's protocol, as `huggingface_hub` and its kin speak it: models and data sets, read, and tags, written."""
