// Edges/LocalSocket
