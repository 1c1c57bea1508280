// UsherDaemon
