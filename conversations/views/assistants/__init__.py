"""The pages of assistants: the list, one assistant, its versions and files, and those that the chat offers."""
