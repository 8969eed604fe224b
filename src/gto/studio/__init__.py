"""Studio: the registry as a web app that reads an index made from Git, and writes the tags that the commands write."""
