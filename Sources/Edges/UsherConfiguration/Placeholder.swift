// Edges/UsherConfiguration
