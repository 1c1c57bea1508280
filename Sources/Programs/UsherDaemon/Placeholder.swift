// Programs/UsherDaemon
