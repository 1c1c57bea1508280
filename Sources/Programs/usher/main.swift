import UsherCommands

UsherProgram.main()
