// Edges/UsherStore
