"""The commands, a module each: its options, its help, its exit status, and a call into the room that does the work."""
