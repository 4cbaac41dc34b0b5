"""Is a data folder right? What is wrong with it, one finding a line, each with its place."""
