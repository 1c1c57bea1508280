// Programs/UsherCommands
