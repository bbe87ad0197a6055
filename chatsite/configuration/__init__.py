"""Values of the settings, read from the environment and checked one by one."""
