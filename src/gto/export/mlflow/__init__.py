"""The registry in the words of MLflow: names, numbers, stages, searches and answers, for servers and plugins."""
