// Edges/Processes
