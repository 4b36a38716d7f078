"""What bronze reads: kinds of sources, formats of files, typed rows with nothing lost."""
