// UsherCommands
