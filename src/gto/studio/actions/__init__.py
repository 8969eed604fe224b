"""What a form may ask for, what it would write, and the writing: by the same verbs as the command line's."""
