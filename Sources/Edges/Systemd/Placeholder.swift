// Edges/Systemd
