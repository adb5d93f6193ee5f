"""The commands, each in a function that its name begins; a module is loaded when one of its commands is called."""
